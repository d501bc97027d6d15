import {
  type ClockReading,
  type FormingBar,
  type Gap,
  type LedgerEvent,
  type RowColumns,
  type ServerSeries,
  type ServerStatus,
  SourceError,
  type StoredDigest,
} from "../types";
import type * as wire from "./wire";

/** Reads the columns of rows. */
export function rowsOf(rows: wire.Rows): RowColumns {
  const { start_ms: times } = rows;
  const columns = [rows.open, rows.high, rows.low, rows.close, rows.volume, rows.bar_seconds];
  if (columns.some((column) => column?.length !== times.length)) {
    throw new SourceError("the server sent columns of unequal length");
  }
  const backfill = rows.sources?.indexOf("backfill") ?? -1;
  return {
    times: Float64Array.from(times),
    opens: Float64Array.from(rows.open),
    highs: Float64Array.from(rows.high),
    lows: Float64Array.from(rows.low),
    prices: Float64Array.from(rows.close),
    volumes: Float64Array.from(rows.volume),
    barSeconds: Float64Array.from(rows.bar_seconds),
    repaired: Uint8Array.from(times, (_, row) => (backfill >= 0 && rows.source?.[row] === backfill ? 1 : 0)),
  };
}

export function digestOf(digest: wire.Digest): StoredDigest {
  return {
    date: digest.date,
    barSeconds: digest.bar_seconds,
    rule: digest.rule,
    bars: digest.bars ?? digest.n ?? 0,
    digest: digest.digest,
    rowDigest: digest.row_digest,
  };
}

export function eventOf(event: wire.Signal): LedgerEvent {
  return {
    id: event.id,
    seq: event.seq,
    event: event.event,
    barSeconds: event.bar_seconds,
    time: event.timestamp_ms,
    direction: event.direction,
    price: event.price,
    sma9: event.sma9,
    vwap: event.vwap,
    late: event.late,
  };
}

export function gapOf(gap: wire.Gap): Gap {
  return {
    startedAt: gap.started_at_ms,
    endedAt: gap.ended_at_ms ?? undefined,
    cause: gap.cause,
    state: gap.state,
    sharesMissed: gap.shares_missed ?? undefined,
    rowsAdded: gap.rows_added,
    detail: gap.detail ?? undefined,
  };
}

export function formingOf(bar: wire.Provisional): FormingBar {
  const { open, high, low, close, volume } = bar;
  return { barSeconds: bar.bar_seconds, time: bar.start_ms, open, high, low, close, volume };
}

export function seriesOf(series: wire.Indicators, date: string): ServerSeries {
  const values = (column: readonly (number | null)[]) => Float64Array.from(column, (value) => value ?? Number.NaN);
  return {
    barSeconds: series.bar_seconds,
    times: Float64Array.from(series.start_ms),
    sma9: values(series.sma9),
    vwap: values(series.vwap),
    cross: Int8Array.from(series.cross),
    digest: digestOf({ ...series, date, bars: series.n }),
  };
}

export function statusOf(status: wire.Status, ticker: string): ServerStatus {
  const { connection, token, database, latency_ms: latency } = status;
  const own = status.tickers?.find((one) => one.ticker === ticker);
  return {
    version: status.version,
    connection: { state: connection.state, detail: connection.detail ?? undefined },
    token: { state: token.state, refreshExpiresAt: token.refresh_expires_ms ?? undefined },
    database: { state: database.state, kind: database.kind, spooledRows: database.spooled_rows ?? 0 },
    latency: { p50: latency?.p50 ?? undefined, p99: latency?.p99 ?? undefined },
    lastRow: own?.last_row_ms ?? undefined,
    gapsOpen: own?.gaps_open,
  };
}

export function clockOf({ now_ms: now, speed }: Pick<wire.Status, "now_ms" | "speed">): ClockReading {
  return { now, speed: speed > 0 ? speed : 1 };
}
