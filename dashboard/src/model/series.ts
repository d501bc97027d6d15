import {
  type Basis,
  type Columns,
  type Cross,
  compute,
  createEngine,
  type Engine,
  type Options,
  resample,
  type Session,
  type SessionSummary,
} from "@alpha-kite/indicators";
import type { FormingBar, RowColumns } from "@/source/types";
import { lowerBound } from "./rows";

/** Bars of one interval in columns: starts in milliseconds, dollars, whole shares. */
export interface Bars extends Columns {
  readonly times: Float64Array;
  readonly opens: Float64Array;
  readonly highs: Float64Array;
  readonly lows: Float64Array;
  readonly prices: Float64Array;
  readonly volumes: Float64Array;
}

/** The bar that is not closed, with what it would bring; NaN where there is no value. */
export interface FormingPoint extends FormingBar {
  readonly sma9: number;
  readonly vwap: number;
  readonly cross: -1 | 0 | 1;
}

/** A day at one interval: the closed bars, and what the core computed of them here. */
export interface Series {
  readonly options: Options;
  readonly bars: Bars;
  readonly sma9: Float64Array;
  readonly vwap: Float64Array;
  readonly cross: Int8Array;
  readonly crosses: readonly Cross[];
  /** The regular session's rows; absent while there are none. */
  readonly summary: SessionSummary | undefined;
  /** Index of the session's first bar. */
  readonly first: number;
  readonly forming: FormingPoint | undefined;
}

/** What to compute. */
export interface SeriesRequest {
  readonly rows: RowColumns;
  readonly ticker: string;
  readonly barSeconds: number;
  readonly basis: Basis;
  readonly session: Session | undefined;
  /** Bars that end by this moment are closed. */
  readonly closedUntil: number;
  /** Bars of the session that the server has closed. */
  readonly closedByServer: number;
}

/** A day at one interval without its forming bar, and what that is made of. */
export interface ClosedSeries {
  readonly series: Series;
  /** Stored bars that are not closed: one at most. */
  readonly open: Bars;
  /** What a bar after the closed ones would bring. */
  peek(bar: FormingBar): Pick<FormingPoint, "sma9" | "vwap" | "cross">;
  /** Frees what `peek` needed. */
  dispose(): void;
}

/** Computes a day at one interval. Needs `init()`. */
export function computeClosed(request: SeriesRequest): ClosedSeries {
  const { rows, ticker, barSeconds, basis } = request;
  const options: Options = { ticker, barSeconds, basis };
  const all: Bars = barSeconds === 1 ? plain(rows) : (resample(plain(rows), barSeconds) as Bars);
  const closed = barSeconds === 1 ? all.times.length : closedBars(all.times, request);
  const bars = slice(all, 0, closed);
  const result = compute(bars, options);
  const summary = result.sessions[0];
  let engine: Engine | undefined;
  return {
    series: {
      options,
      bars,
      sma9: result.sma9,
      vwap: result.vwap,
      cross: result.cross,
      crosses: result.crosses,
      summary,
      first: summary === undefined ? 0 : lowerBound(bars.times, summary.start),
      forming: undefined,
    },
    open: slice(all, closed, all.times.length),
    peek({ time, close, volume, high, low }) {
      if (engine === undefined) {
        engine = createEngine(options);
        engine.pushColumns(bars);
      }
      return engine.peek(time, close, volume, high, low);
    },
    dispose: () => engine?.dispose(),
  };
}

/** A series with the bar that is forming, of what is stored of it and of the second that is forming. */
export function withForming(
  closed: ClosedSeries,
  session: Session | undefined,
  second: FormingBar | undefined,
): Series {
  const { series, open } = closed;
  const bar = formingBar(second, series.options.barSeconds, series.bars, open);
  if (bar === undefined) return series;
  const inSession = session !== undefined && bar.time >= session.start && bar.time < session.end;
  const { sma9, vwap, cross } = inSession ? closed.peek(bar) : NO_VALUES;
  return { ...series, forming: { ...bar, sma9, vwap, cross } };
}

const NO_VALUES = { sma9: Number.NaN, vwap: Number.NaN, cross: 0 } as const;

/** The summary of the session's first `count` bars, or nothing while there are fewer. */
export function summaryAt(series: Series, count: number): Pick<SessionSummary, "digest" | "rowDigest"> | undefined {
  const { summary, bars, options, first } = series;
  if (count === 0) return NO_BARS;
  if (summary === undefined || summary.n < count) return undefined;
  return summary.n === count ? summary : compute(slice(bars, first, first + count), options).sessions[0];
}

/** Both digests of a session without bars. */
const NO_BARS = { digest: "2d06800538d394c2", rowDigest: "2d06800538d394c2" };

/** How many of the bars, in order, are closed: by a later row, by the clock or by the server's word. */
function closedBars(times: Float64Array, { barSeconds, session, closedUntil, closedByServer }: SeriesRequest): number {
  let closed = lowerBound(times, closedUntil - barSeconds * 1000 + 1);
  if (session !== undefined) {
    const first = lowerBound(times, session.start);
    const last = lowerBound(times, session.end);
    closed = Math.max(closed, Math.min(last, first + closedByServer));
    // The session's last bar ends with it, however short that makes it.
    if (closedUntil >= session.end) closed = Math.max(closed, last);
  }
  return Math.min(closed, times.length);
}

/** The bar after the closed ones: what is stored of it, and the second that is forming. */
function formingBar(
  second: FormingBar | undefined,
  barSeconds: number,
  bars: Bars,
  open: Bars,
): FormingBar | undefined {
  const last = bars.times.length === 0 ? Number.NEGATIVE_INFINITY : (bars.times[bars.times.length - 1] as number);
  const stored = open.times.length === 0 ? undefined : rowOf(open, open.times.length - 1, barSeconds);
  if (stored === undefined) return second !== undefined && second.time > last ? second : undefined;
  const within = second !== undefined && second.time >= stored.time && second.time < stored.time + barSeconds * 1000;
  return within ? joined(stored, second) : stored;
}

function joined(bar: FormingBar, second: FormingBar): FormingBar {
  return {
    ...bar,
    high: Math.max(bar.high, second.high),
    low: Math.min(bar.low, second.low),
    close: second.close,
    volume: bar.volume + second.volume,
  };
}

function rowOf(bars: Bars, row: number, barSeconds: number): FormingBar {
  const value = (column: Float64Array) => column[row] as number;
  return {
    barSeconds,
    time: value(bars.times),
    open: value(bars.opens),
    high: value(bars.highs),
    low: value(bars.lows),
    close: value(bars.prices),
    volume: value(bars.volumes),
  };
}

function plain({ times, opens, highs, lows, prices, volumes }: RowColumns): Bars {
  return { times, opens, highs, lows, prices, volumes };
}

function slice({ times, opens, highs, lows, prices, volumes }: Bars, from: number, to: number): Bars {
  return {
    times: times.subarray(from, to),
    opens: opens.subarray(from, to),
    highs: highs.subarray(from, to),
    lows: lows.subarray(from, to),
    prices: prices.subarray(from, to),
    volumes: volumes.subarray(from, to),
  };
}
