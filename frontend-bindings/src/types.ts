/** Which price the session VWAP weighs: the close, or (high + low + close) / 3. SMA9 is always of closes. */
export type Basis = "close" | "hlc3";

/** Which way SMA9 passed the session VWAP. */
export type Direction = "up" | "down";

/** Times: whole milliseconds since the Unix epoch, UTC; the start of each bar. */
export type Times = Float64Array | BigInt64Array;

/** Prices: dollars (`Float64Array`) or micro-dollars (`BigInt64Array`), from 0 to 10,000,000 dollars. */
export type Prices = Float64Array | BigInt64Array;

/** Volumes: whole shares, at most 10^13 in one session. */
export type Volumes = Float64Array | BigInt64Array;

/**
 * Bars as columns of equal length, each row strictly later than every row of a session before it (for `resample`: than every row before
 * it). Prices are all of one kind.
 */
export interface Columns {
  readonly times: Times;
  /** Closes. */
  readonly prices: Prices;
  readonly volumes: Volumes;
  /** Needed, with `lows`, by the basis `hlc3`. */
  readonly highs?: Prices | undefined;
  readonly lows?: Prices | undefined;
  /** With `highs` and `lows` they give each session its `rowDigest`. */
  readonly opens?: Prices | undefined;
}

/** What is computed, and for whom. */
export interface Options {
  /** 1 to 32 upper-case characters without `|`: part of the identity of a cross. */
  readonly ticker: string;
  /** Length of a bar: 1, or whole minutes up to a day. */
  readonly barSeconds: number;
  /** @defaultValue `"close"` */
  readonly basis?: Basis | undefined;
}

/** The columns that come out, one value a row. */
export interface Values {
  /** Mean of the last nine closes of the session, in dollars; NaN before the ninth and outside sessions. */
  readonly sma9: Float64Array;
  /** Session VWAP in dollars; NaN while the session's volume is 0, and outside sessions. */
  readonly vwap: Float64Array;
  /** 1 where SMA9 crossed above VWAP, -1 where it crossed below, else 0. */
  readonly cross: Int8Array;
}

/** One cross of a closed bar. */
export interface Cross {
  /** Its row in the columns. */
  readonly index: number;
  /** Start of the bar in milliseconds. */
  readonly time: number;
  readonly direction: Direction;
  /** 32 hex digits: the same for the same cross wherever it is computed. */
  readonly id: string;
  /** Close of the bar in dollars. */
  readonly price: number;
  readonly sma9: number;
  readonly vwap: number;
}

/** A regular session of the New York Stock Exchange. */
export interface Session {
  /** New York date, `2019-02-11`. */
  readonly date: string;
  /** Open, in milliseconds. */
  readonly start: number;
  /** Close, in milliseconds; the first moment that is no longer in the session. */
  readonly end: number;
}

/** One session's rows among the columns, and the proof of what was computed of them. */
export interface SessionSummary extends Session {
  /** Number of its rows. */
  readonly n: number;
  /** 16 hex digits over time, SMA9, VWAP and cross of its rows. Equal digests at equal `n` are equal to the last bit. */
  readonly digest: string;
  /** 16 hex digits over the rows themselves; there if the columns have opens, highs and lows. */
  readonly rowDigest?: string;
}

/** What `compute` returns. */
export interface Result extends Values {
  /** The crosses in order of time. Made when first read, from the columns as they are then. */
  readonly crosses: readonly Cross[];
  /** The sessions that have rows, in order. Made when first read, which takes several times as long as all the rest. */
  readonly sessions: readonly SessionSummary[];
}
