import {
  type FeedStatus,
  followBars,
  followSignals,
  type SignalEvent,
  type StoredBar,
} from "@alpha-kite/indicators/supabase";
import type { SupabaseClient } from "@supabase/supabase-js";
import { noRows } from "@/model/rows";
import {
  type DayContents,
  type DayHandler,
  type DayKey,
  type Following,
  type Gap,
  type LedgerEvent,
  problemOf,
  type RowColumns,
  type StoredDigest,
} from "../types";
import { type Row, readTable } from "./read-table";
import { readStatus } from "./source";

/** Digests, gaps and health have no channel of their own: they are read this often, and soon after rows came. */
const READ_MS = 5_000;
const SOON_MS = 250;

type Feed = "connecting" | "live" | "polling" | { problem: string };

/** Follows a day by the channels of Supabase Realtime, which read by cursor what they missed, and what is new where there is no channel. */
export function followDay(client: SupabaseClient, key: DayKey, handler: DayHandler): Following {
  const stopped = new AbortController();
  let stops: (() => void)[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  const feeds: { bars: Feed; signals: Feed } = { bars: "connecting", signals: "connecting" };
  const query = { ticker: key.ticker, from: key.from, to: key.to };
  /** Until everything stored has been delivered once, it is put together here. */
  let first: { rows: StoredBar[]; events: SignalEvent[] } | undefined;
  /** Why the last reading of what has no channel failed, if it did. */
  let restProblem: string | undefined;

  const report = (): void => {
    const lost = [feeds.bars, feeds.signals].find((one) => typeof one === "object");
    const problem = typeof lost === "object" ? lost.problem : restProblem;
    if (problem !== undefined) handler.onLink({ state: "lost", problem });
    else if (!isRead()) handler.onLink({ state: "connecting" });
    else handler.onLink({ state: feeds.bars === "live" && feeds.signals === "live" ? "live" : "polling" });
  };

  /** Everything stored has been delivered. */
  const isRead = (): boolean => [feeds.bars, feeds.signals].every((feed) => feed === "live" || feed === "polling");

  const feed = (name: "bars" | "signals", status: FeedStatus): void => {
    feeds[name] = status.status === "lost" ? { problem: problemOf(status.error) } : status.status;
    report();
    if (isRead()) void readRest();
  };

  const soon = (): void => {
    clearTimeout(timer);
    timer = setTimeout(readRest, SOON_MS);
  };

  const readRest = async (): Promise<void> => {
    clearTimeout(timer);
    const mine = first;
    const wasRead = isRead();
    try {
      const [digests, gaps, status] = await Promise.all([
        readDigestRows(client, key, stopped.signal),
        readGaps(client, key, stopped.signal),
        readStatus(client, key.ticker, stopped.signal),
      ]);
      // Everything is being read again since, or another answer was put together with it: that one goes on.
      if (stopped.signal.aborted || first !== mine) return;
      const wasLost = restProblem !== undefined;
      restProblem = undefined;
      if (wasLost) report();
      if (mine === undefined) handler.onChange({ digests, gaps });
      else if (wasRead && isRead()) {
        const { rows, events } = mine;
        first = undefined;
        const day: DayContents = { rows: rowsOf(rows), events: events.map(eventOf), digests, gaps };
        handler.onDay(day);
      }
      handler.onStatus(status);
      if (status.lastRow !== undefined && status.lastRow >= key.to) handler.onOtherDay(status.lastRow);
    } catch (thrown) {
      if (stopped.signal.aborted || first !== mine) return;
      restProblem = problemOf(thrown);
      report();
    }
    clearTimeout(timer);
    timer = setTimeout(readRest, READ_MS);
  };

  const open = (): void => {
    for (const stop of stops) stop();
    first = { rows: [], events: [] };
    feeds.bars = "connecting";
    feeds.signals = "connecting";
    stops = [
      followBars(client, query, {
        onRows(bars) {
          if (first === undefined) handler.onChange({ rows: rowsOf(bars) });
          else first.rows.push(...bars);
          if (first === undefined) soon();
        },
        onStatus: (status) => feed("bars", status),
      }),
      followSignals(client, query, {
        onRows(events) {
          if (first === undefined) handler.onChange({ events: events.map(eventOf) });
          else first.events.push(...events);
        },
        onStatus: (status) => feed("signals", status),
      }),
    ];
  };

  report();
  open();
  return {
    reload: open,
    wake() {
      if (isRead()) void readRest();
      else open();
    },
    stop() {
      stopped.abort();
      clearTimeout(timer);
      for (const stop of stops) stop();
    },
  };
}

async function readDigestRows(client: SupabaseClient, key: DayKey, signal: AbortSignal): Promise<StoredDigest[]> {
  const rows = await readTable(
    client
      .from("session_digests")
      .select("date,bar_seconds,rule,bars,digest,row_digest")
      .eq("ticker", key.ticker)
      .eq("date", key.date)
      .abortSignal(signal),
  );
  return rows.map((row) => ({
    date: String(row.date),
    barSeconds: Number(row.bar_seconds),
    rule: String(row.rule),
    bars: Number(row.bars),
    digest: String(row.digest),
    rowDigest: String(row.row_digest),
  }));
}

/** The holes that reach into the day; one that began earlier than a week before is not looked for. */
async function readGaps(client: SupabaseClient, key: DayKey, signal: AbortSignal): Promise<Gap[]> {
  const week = 7 * 86_400_000;
  const rows = await readTable(
    client
      .from("gaps")
      .select("started_at,ended_at,cause,state,shares_missed,rows_added,detail")
      .eq("ticker", key.ticker)
      .gte("started_at", new Date(key.from - week).toISOString())
      .lt("started_at", new Date(key.to).toISOString())
      .abortSignal(signal),
  );
  return rows.map(gapOf).filter(({ endedAt }) => endedAt === undefined || endedAt > key.from);
}

function gapOf(row: Row): Gap {
  return {
    startedAt: Date.parse(String(row.started_at)),
    endedAt: row.ended_at === null ? undefined : Date.parse(String(row.ended_at)),
    cause: String(row.cause),
    state: row.state as Gap["state"],
    sharesMissed: row.shares_missed === null ? undefined : Number(row.shares_missed),
    rowsAdded: Number(row.rows_added),
    detail: row.detail === null ? undefined : String(row.detail),
  };
}

/** Micro-dollars divided by a million are the double nearest to the price, which the core takes back exactly. */
const MICROS = 1_000_000;

function rowsOf(bars: readonly StoredBar[]): RowColumns {
  if (bars.length === 0) return noRows();
  const column = (read: (bar: StoredBar) => number) => Float64Array.from(bars, read);
  return {
    times: column(({ time }) => time),
    opens: column(({ openMicros }) => openMicros / MICROS),
    highs: column(({ highMicros }) => highMicros / MICROS),
    lows: column(({ lowMicros }) => lowMicros / MICROS),
    prices: column(({ priceMicros }) => priceMicros / MICROS),
    volumes: column(({ volume }) => volume),
    barSeconds: column(({ barSeconds }) => barSeconds),
    repaired: Uint8Array.from(bars, ({ source }) => (source === "backfill" ? 1 : 0)),
  };
}

function eventOf(event: SignalEvent): LedgerEvent {
  const { id, seq, event: kind, barSeconds, time, direction, priceMicros, sma9, vwap, late } = event;
  return { id, seq, event: kind, barSeconds, time, direction, price: priceMicros / MICROS, sma9, vwap, late };
}
