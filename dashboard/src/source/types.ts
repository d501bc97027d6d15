import type { Direction } from "@alpha-kite/indicators";

/** Stored rows as columns of equal length: starts in epoch milliseconds, prices in dollars, whole shares. */
export interface RowColumns {
  readonly times: Float64Array;
  readonly opens: Float64Array;
  readonly highs: Float64Array;
  readonly lows: Float64Array;
  readonly prices: Float64Array;
  readonly volumes: Float64Array;
  /** The time that each row covers, in seconds. */
  readonly barSeconds: Float64Array;
  /** 1 where the row was repaired from a history, 0 where it was streamed or replayed. */
  readonly repaired: Uint8Array;
}

/** What the server has stored about one series of one session; never recomputed by it. */
export interface StoredDigest {
  /** New York date, `2019-02-11`. */
  readonly date: string;
  readonly barSeconds: number;
  readonly rule: string;
  /** Bars that the digests cover. */
  readonly bars: number;
  readonly digest: string;
  readonly rowDigest: string;
}

/** A line of the ledger of crosses. */
export interface LedgerEvent {
  readonly id: string;
  /** Counts the events of an id from 1. */
  readonly seq: number;
  readonly event: "confirmed" | "withdrawn";
  readonly barSeconds: number;
  /** Start of the bar that crossed, in milliseconds. */
  readonly time: number;
  readonly direction: Direction;
  /** Dollars, as known when recorded; so are the two values. */
  readonly price: number;
  readonly sma9: number;
  readonly vwap: number;
  /** The bar had closed more than 60 s before: for the record, not for alerts. */
  readonly late: boolean;
}

/** A hole in what was streamed. Times in milliseconds. */
export interface Gap {
  readonly startedAt: number;
  /** Absent while the hole lasts. */
  readonly endedAt: number | undefined;
  readonly cause: string;
  readonly state: "open" | "repaired" | "partial" | "unrecoverable";
  readonly sharesMissed: number | undefined;
  readonly rowsAdded: number;
  readonly detail: string | undefined;
}

/** A bar that is still forming: it confirms nothing. Prices in dollars. */
export interface FormingBar {
  readonly barSeconds: number;
  readonly time: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
}

/** The market's clock as the server has it: milliseconds, and how many of them pass in one. */
export interface ClockReading {
  readonly now: number;
  readonly speed: number;
}

/** How the ingester is doing. What a source cannot know is absent. */
export interface ServerStatus {
  readonly version?: string;
  readonly connection?: { readonly state: string; readonly detail: string | undefined };
  readonly token?: { readonly state: string; readonly refreshExpiresAt: number | undefined };
  readonly database?: { readonly state: string; readonly kind: string; readonly spooledRows: number };
  /** Milliseconds from a frame's arrival to its row's commit. */
  readonly latency?: { readonly p50: number | undefined; readonly p99: number | undefined };
  /** Start of the ticker's newest row, in milliseconds. */
  readonly lastRow: number | undefined;
  readonly gapsOpen: number | undefined;
}

/** A session that has data. */
export interface StoredSession {
  readonly date: string;
}

/** A series as the server computed it, column by column; NaN where there is no value. */
export interface ServerSeries {
  readonly barSeconds: number;
  readonly times: Float64Array;
  readonly sma9: Float64Array;
  readonly vwap: Float64Array;
  /** Absent where the source does not keep it. */
  readonly cross?: Int8Array;
  readonly digest?: StoredDigest;
}

/** A New York day of one ticker. */
export interface DayKey {
  readonly ticker: string;
  readonly date: string;
  /** The day's first moment, and the first moment after it. */
  readonly from: number;
  readonly to: number;
}

/** Everything stored of a day. */
export interface DayContents {
  readonly rows: RowColumns;
  readonly events: readonly LedgerEvent[];
  readonly digests: readonly StoredDigest[];
  readonly gaps: readonly Gap[];
}

/** How the page gets what is new. */
export type Link =
  | { readonly state: "connecting" }
  /** News arrive by themselves. */
  | { readonly state: "live" }
  /** The stream is not to be had: the source is asked every few seconds. */
  | { readonly state: "polling" }
  /** The source does not answer; it is tried again. */
  | { readonly state: "lost"; readonly problem: string };

/** Who takes what comes of a day. Rows and events may come twice and in any order: they are merged by key. */
export interface DayHandler {
  /** Everything stored, in place of whatever was known. */
  onDay(day: DayContents): void;
  /** What changed since. Absent parts did not change. */
  onChange(change: Partial<DayContents>): void;
  onForming(bar: FormingBar): void;
  onStatus(status: ServerStatus): void;
  onClock(reading: ClockReading): void;
  onLink(link: Link): void;
  /** A row of another day arrived. */
  onOtherDay(time: number): void;
}

/** A day that is being followed. */
export interface Following {
  /** Reads everything stored again. */
  reload(): void;
  /** The page was asleep or without a network: whatever was missed is caught up with at once. */
  wake(): void;
  stop(): void;
}

/** Where the page's data come from. Every method rejects with a `SourceError`. */
export interface Source {
  readonly name: string;
  tickers(signal: AbortSignal): Promise<readonly string[]>;
  /** The status, with the newest row of `ticker`, and the market's clock if the source has one. */
  status(ticker: string, signal: AbortSignal): Promise<{ status: ServerStatus; clock: ClockReading | undefined }>;
  sessions(ticker: string, signal: AbortSignal): Promise<readonly StoredSession[]>;
  /** The server's values of one series, stored or, where `computesAnyInterval`, computed by it on request. */
  series(day: DayKey, barSeconds: number, signal: AbortSignal): Promise<ServerSeries>;
  readonly computesAnyInterval: boolean;
  follow(day: DayKey, handler: DayHandler): Following;
}

/** A source did not answer, or not as agreed. */
export class SourceError extends Error {
  override name = "SourceError";
}

/** What went wrong, in words. */
export function problemOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
