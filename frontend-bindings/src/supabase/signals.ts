import { type Direction, parsePrice } from "@alpha-kite/indicators";
import type { Answer, PagedQuery } from "./pages.js";
import { readAll } from "./pages.js";
import { type Client, cancel, MARGIN_MS, timeOf } from "./query.js";

/** A line of the ledger of crosses. Lines are added, never changed. */
export interface SignalEvent {
  readonly id: string;
  /** Counts the events of an id from 1. */
  readonly seq: number;
  readonly event: "confirmed" | "withdrawn";
  readonly barSeconds: number;
  /** Start of the bar that crossed, in milliseconds. */
  readonly time: number;
  readonly direction: Direction;
  /** Close of the bar, in micro-dollars, as known when recorded. */
  readonly priceMicros: number;
  /** In dollars, as known when recorded. */
  readonly sma9: number;
  readonly vwap: number;
  readonly rule: string;
  /** The bar had closed more than 60 s before: for the record, not for alerts. */
  readonly late: boolean;
  /** In milliseconds. */
  readonly recordedAt: number;
}

/** Which events. */
export interface SignalQuery {
  readonly ticker: string;
  /** @defaultValue every series */
  readonly barSeconds?: number | undefined;
  /** The first moment, in milliseconds. @defaultValue everything */
  readonly from?: number | undefined;
  /** The first moment after, in milliseconds. @defaultValue everything */
  readonly to?: number | undefined;
  /** Ends the reading. */
  readonly signal?: AbortSignal | undefined;
}

/** A row as the server sends it. */
export interface SignalRow {
  id: string;
  seq: number;
  event: "confirmed" | "withdrawn";
  bar_seconds: number;
  timestamp: string;
  direction: Direction;
  price: string | number;
  sma9: number;
  vwap: number;
  rule: string;
  late: boolean;
  recorded_at: string;
}

const TABLE = "signals";
const COLUMNS = "id,seq,event,bar_seconds,timestamp,direction,price::text,sma9,vwap,rule,late,recorded_at" as const;

/** Reads the ledger of a ticker in order of time. Needs `init()`. */
export async function readSignals(client: Client, query: SignalQuery): Promise<SignalEvent[]> {
  const rows = await readAll(pagedSignals(client, query));
  return rows.map(parseSignal);
}

/** Reads the events that were recorded since a moment (less a margin for transactions that overlapped). */
export async function readNewSignals(client: Client, query: SignalQuery, recordedAt: number): Promise<SignalEvent[]> {
  const rows = await readAll(pagedSignals(client, query, recordedAt));
  return rows.map(parseSignal);
}

/** The crosses in force: those whose last event is `confirmed`, in order of time. */
export function crossesInForce(events: readonly SignalEvent[]): SignalEvent[] {
  const last = new Map<string, SignalEvent>();
  for (const event of events) {
    const known = last.get(event.id);
    if (known === undefined || known.seq < event.seq) last.set(event.id, event);
  }
  return [...last.values()].filter(({ event }) => event === "confirmed").sort((a, b) => a.time - b.time);
}

function pagedSignals(client: Client, query: SignalQuery, since?: number): PagedQuery<SignalRow> {
  const { ticker, barSeconds, from, to, signal } = query;
  const filtered = (select: ReturnType<typeof rows> | ReturnType<typeof number>) => {
    let narrowed = select.eq("ticker", ticker);
    if (barSeconds !== undefined) narrowed = narrowed.eq("bar_seconds", barSeconds);
    if (from !== undefined) narrowed = narrowed.gte("timestamp", new Date(from).toISOString());
    if (to !== undefined) narrowed = narrowed.lt("timestamp", new Date(to).toISOString());
    if (since !== undefined) narrowed = narrowed.gte("recorded_at", new Date(since - MARGIN_MS).toISOString());
    return narrowed;
  };
  const rows = () => client.from(TABLE).select(COLUMNS);
  const number = () => client.from(TABLE).select("id", { count: "exact", head: true });
  return {
    page(after) {
      const page = filtered(rows());
      const rest = after === undefined ? page : page.or(following(after));
      const ordered = rest.order("timestamp").order("id").order("seq");
      return cancel(ordered, signal) as unknown as PromiseLike<Answer<SignalRow>>;
    },
    count(last) {
      const upTo = filtered(number()).or(`${before(last)},and(${same(last)},seq.lte.${last.seq})`);
      return cancel(upTo, signal) as unknown as PromiseLike<Answer<SignalRow>>;
    },
  };
}

/** Conditions for the order by timestamp, id, seq. */
const following = (row: SignalRow): string =>
  `timestamp.gt."${row.timestamp}",and(timestamp.eq."${row.timestamp}",id.gt.${row.id}),and(${same(row)},seq.gt.${row.seq})`;
const before = (row: SignalRow): string =>
  `timestamp.lt."${row.timestamp}",and(timestamp.eq."${row.timestamp}",id.lt.${row.id})`;
const same = (row: SignalRow): string => `timestamp.eq."${row.timestamp}",id.eq.${row.id}`;

/** Reads a row. */
export function parseSignal(row: SignalRow): SignalEvent {
  return {
    id: row.id,
    seq: row.seq,
    event: row.event,
    barSeconds: row.bar_seconds,
    time: timeOf(row.timestamp),
    direction: row.direction,
    priceMicros: parsePrice(String(row.price)).micros,
    sma9: row.sma9,
    vwap: row.vwap,
    rule: row.rule,
    late: row.late,
    recordedAt: timeOf(row.recorded_at),
  };
}
