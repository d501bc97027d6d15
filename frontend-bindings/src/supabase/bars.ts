import { IndicatorsError, parsePrice } from "@alpha-kite/indicators";
import type { Answer, PagedQuery } from "./pages.js";
import { readAll } from "./pages.js";
import { type Client, cancel, MARGIN_MS, timeOf } from "./query.js";

/** A row of `equity_data`. */
export interface StoredBar {
  /** Start in milliseconds. */
  readonly time: number;
  readonly openMicros: number;
  readonly highMicros: number;
  readonly lowMicros: number;
  /** The close; prices are whole micro-dollars. */
  readonly priceMicros: number;
  /** Whole shares. */
  readonly volume: number;
  /** The time it covers, in seconds. */
  readonly barSeconds: number;
  /** Who wrote it: `stream`, `backfill`, `replay` or `legacy`. */
  readonly source: string;
  /** When it was first stored, in milliseconds. */
  readonly createdAt: number;
}

/** Which bars. */
export interface BarQuery {
  readonly ticker: string;
  /** The first moment, in milliseconds. @defaultValue everything */
  readonly from?: number | undefined;
  /** The first moment after, in milliseconds. @defaultValue everything */
  readonly to?: number | undefined;
  /** Ends the reading. */
  readonly signal?: AbortSignal | undefined;
}

/** A row as the server sends it: prices and shares as text, since that is exact. Realtime sends numbers. */
export interface BarRow {
  timestamp: string;
  open: string | number;
  high: string | number;
  low: string | number;
  price: string | number;
  volume: string | number;
  bar_seconds: number;
  source: string;
  created_at: string;
}

const TABLE = "equity_data";
const COLUMNS =
  "timestamp,open::text,high::text,low::text,price::text,volume::text,bar_seconds,source,created_at" as const;

/** Reads all bars of a ticker in order of time, past the server's limit of rows at once. Needs `init()`. */
export async function readBars(client: Client, query: BarQuery): Promise<StoredBar[]> {
  const rows = await readAll(pagedBars(client, query));
  return rows.map(parseBar);
}

/** Reads bars that are new: later than the newest one known, or stored after it (less a margin for transactions that overlapped). */
export async function readNewBars(client: Client, query: BarQuery, known: Newest): Promise<StoredBar[]> {
  const rows = await readAll(pagedBars(client, query, known));
  return rows.map(parseBar);
}

/** What is newest among known bars, by time and by moment of storing. */
export interface Newest {
  readonly time: number;
  readonly createdAt: number;
}

function pagedBars(client: Client, query: BarQuery, known?: Newest): PagedQuery<BarRow> {
  const { ticker, from, to, signal } = query;
  const filtered = (select: ReturnType<typeof rows> | ReturnType<typeof number>) => {
    let narrowed = select.eq("ticker", ticker);
    if (from !== undefined) narrowed = narrowed.gte("timestamp", new Date(from).toISOString());
    if (to !== undefined) narrowed = narrowed.lt("timestamp", new Date(to).toISOString());
    if (known !== undefined) {
      const time = new Date(known.time).toISOString();
      const stored = new Date(known.createdAt - MARGIN_MS).toISOString();
      narrowed = narrowed.or(`timestamp.gt."${time}",created_at.gte."${stored}"`);
    }
    return narrowed;
  };
  const rows = () => client.from(TABLE).select(COLUMNS);
  const number = () => client.from(TABLE).select("timestamp", { count: "exact", head: true });
  return {
    page(after) {
      const page = filtered(rows());
      const rest = after === undefined ? page : page.gt("timestamp", after.timestamp);
      return cancel(rest.order("timestamp"), signal) as unknown as PromiseLike<Answer<BarRow>>;
    },
    count: (last) =>
      cancel(filtered(number()).lte("timestamp", last.timestamp), signal) as unknown as PromiseLike<Answer<BarRow>>,
  };
}

/** Reads a row. */
export function parseBar(row: BarRow): StoredBar {
  const volume = Number(row.volume);
  if (!Number.isSafeInteger(volume)) throw new IndicatorsError("fractional_shares", `volume ${row.volume} of a row`);
  return {
    time: timeOf(row.timestamp),
    openMicros: micros(row.open),
    highMicros: micros(row.high),
    lowMicros: micros(row.low),
    priceMicros: micros(row.price),
    volume,
    barSeconds: row.bar_seconds,
    source: row.source,
    createdAt: timeOf(row.created_at),
  };
}

/** The shortest decimal of a double that was made of six decimals is those decimals. */
function micros(price: string | number): number {
  return parsePrice(String(price)).micros;
}
