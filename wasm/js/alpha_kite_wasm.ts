// The classes and errors of the wasm module, around functions that take and return numbers, texts and typed arrays.
import * as wasm from "./alpha_kite_wasm_bindings.js";

/** The module's own function: calls through the object of its exports are slower. */
let enginePush: (slot: number, time: number, close: number, volume: number) => number;

/** Puts the compiled module to work, unless one is already. */
export function initSync(input: { module: WebAssembly.Module }): wasm.InitOutput {
  const exports = wasm.initSync(input);
  enginePush = exports.engine_push;
  return exports;
}

/** Why a call was refused, in the order of the module's statuses, and what is said of it. */
const CODES = [
  ["not_a_number", "not a number"],
  ["not_a_time", "time is not a whole number of milliseconds within 8.64e15 of 1970"],
  ["price_out_of_range", "price is outside 0 to 10000000 dollars"],
  ["volume_out_of_range", "volume is outside 0 to 10^13 shares"],
  ["fractional_shares", "volume is not a whole number of shares"],
  ["session_volume_out_of_range", "volume of the session would pass 10^13 shares"],
  ["out_of_order", "bar does not start after the one before it"],
  ["missing_range", "the hlc3 basis needs the high and low of every bar"],
  ["column_lengths", "more rows than the columns hold"],
  ["unknown_interval", "interval is neither 1 second nor whole minutes up to a day"],
  ["unknown_ticker", "ticker is not 1 to 32 upper-case ASCII characters without '|' or outer spaces"],
  ["unknown_name", "not a known name"],
  ["bad_snapshot", "snapshot is damaged or of another version"],
  ["too_large", "more than fits into memory"],
  ["disposed", "used after it was freed"],
  ["internal", "unexpected failure"],
] as const;

type Code = (typeof CODES)[number][0];

/** A session as the module knows it. */
export interface Span {
  readonly date: string;
  readonly start: number;
  readonly end: number;
}

/** What the module reports of a session. */
export interface ReportedSession extends Span {
  readonly first: number;
  readonly n: number;
  readonly digest: string;
  readonly rowDigest?: string;
}

/** What the module reports of a cross. */
export interface ReportedCross {
  readonly index: number;
  readonly time: number;
  readonly direction: "up" | "down";
  readonly id: string;
  readonly price: number;
  readonly sma9: number;
  readonly vwap: number;
}

function refusal(code: Code, index?: number): Error {
  const [, message] = CODES.find(([name]) => name === code) ?? CODES[15];
  return Object.assign(new Error(message), index === undefined ? { code } : { code, index });
}

/** The `Error` that a negative status stands for. */
export function statusError(status: number, first = 0): Error {
  const [code] = CODES[(-status % 32) - 1] ?? CODES[15];
  return refusal(code, status > -32 ? undefined : Math.floor(-status / 32) - 1 + first);
}

/** A number that is no status. */
function checked(result: number, first = 0): number {
  if (result < 0) throw statusError(result, first);
  return result;
}

/** A text of at most `length` characters. */
function text(value: unknown, length: number, wrong: Code, long: Code = wrong): string {
  if (typeof value !== "string") throw refusal(wrong);
  if (value.length > length) throw refusal(long);
  return value;
}

function seconds(barSeconds: number): number {
  if (!Number.isInteger(barSeconds) || barSeconds < 0 || barSeconds > 86_400) throw refusal("unknown_interval");
  return barSeconds;
}

function basisNumber(basis: string): number {
  if (basis !== "close" && basis !== "hlc3") throw refusal("unknown_name");
  return basis === "close" ? 0 : 1;
}

const tickerText = (ticker: string): string => text(ticker, 32, "unknown_ticker");

/** A session opens and closes on one day, which is the same in New York and in UTC. */
function span([start = 0, end = 0]: ArrayLike<number> & Iterable<number>): Span {
  return { date: new Date(start).toISOString().slice(0, 10), start, end };
}

/** Columns in the module's memory. */
export class Columns {
  readonly capacity: number;
  /** @internal */
  readonly slot: number;

  constructor(capacity: number, extra: 0 | 1 | 2) {
    this.capacity = capacity;
    this.slot = checked(wasm.columns_new(capacity, extra));
  }

  offset(column: number): number {
    return wasm.columns_offset(this.slot, column);
  }

  accept(rows: number, doubles: number): void {
    checked(wasm.columns_accept(this.slot, rows, doubles));
  }

  free(): void {
    wasm.columns_free(this.slot);
  }
}

/** Computes one series. */
export class Engine {
  readonly basis: "close" | "hlc3";
  private readonly slot: number;
  private readonly ticker: string;
  private readonly barSeconds: number;

  constructor(ticker: string, barSeconds: number, basis: string, snapshot?: Uint8Array) {
    this.ticker = tickerText(ticker);
    this.barSeconds = seconds(barSeconds);
    if (snapshot !== undefined && snapshot.length !== 124) throw refusal("bad_snapshot");
    this.slot = checked(
      snapshot === undefined
        ? wasm.engine_new(this.ticker, this.barSeconds, basisNumber(basis))
        : wasm.engine_restore(snapshot, this.ticker, this.barSeconds),
    );
    this.basis = wasm.engine_basis(this.slot) === 0 ? "close" : "hlc3";
  }

  static restore(snapshot: Uint8Array, ticker: string, barSeconds: number): Engine {
    return new Engine(ticker, barSeconds, "", snapshot);
  }

  push(time: number, close: number, volume: number): number {
    return enginePush(this.slot, time, close, volume);
  }

  pushRange(time: number, high: number, low: number, close: number, volume: number): number {
    return wasm.engine_push_range(this.slot, time, high, low, close, volume, false);
  }

  peek(time: number, close: number, volume: number): number {
    if (this.basis === "hlc3") throw refusal("missing_range");
    return wasm.engine_push_range(this.slot, time, close, close, close, volume, true);
  }

  peekRange(time: number, high: number, low: number, close: number, volume: number): number {
    return wasm.engine_push_range(this.slot, time, high, low, close, volume, true);
  }

  pushColumns(columns: Columns, rows: number, doubles: number, first: number): void {
    checked(wasm.engine_push_columns(this.slot, columns.slot, rows, doubles), first);
  }

  valuesOffset(): number {
    return wasm.engine_values(this.slot);
  }

  session(): Span | undefined {
    const session = wasm.engine_session(this.slot);
    return session.length === 0 ? undefined : span(session);
  }

  signalId(time: number, direction: number): string {
    return signalId(this.ticker, this.barSeconds, time, direction, this.basis);
  }

  snapshot(): Uint8Array {
    return wasm.engine_snapshot(this.slot);
  }

  free(): void {
    wasm.engine_free(this.slot);
  }
}

/** Collects the sessions and crosses of a series, chunk by chunk. */
export class Report {
  private readonly slot: number;
  private rows = 0;

  constructor(ticker: string, barSeconds: number, basis: string) {
    this.slot = checked(wasm.report_new(tickerText(ticker), seconds(barSeconds), basisNumber(basis)));
  }

  add(columns: Columns, rows: number, doubles: number): void {
    checked(wasm.report_add(this.slot, columns.slot, rows, doubles), this.rows);
    this.rows += rows;
  }

  result(): { sessions: ReportedSession[]; crosses: ReportedCross[] } {
    const sessions = wasm.report_sessions(this.slot);
    const crosses = wasm.report_crosses(this.slot);
    checked(sessions[0] ?? 0);
    checked(crosses[0] ?? 0);
    const digests = wasm.report_digests(this.slot);
    const ids = wasm.report_ids(this.slot);
    const digits = (4 * digests.length) / sessions.length;
    return {
      sessions: Array.from({ length: sessions.length / 4 }, (_, number) => {
        const [start = 0, end = 0, first = 0, n = 0] = sessions.subarray(4 * number);
        const at = digits * number;
        const session = { ...span([start, end]), first, n, digest: digests.slice(at, at + 16) };
        return digits === 32 ? { ...session, rowDigest: digests.slice(at + 16, at + 32) } : session;
      }),
      crosses: Array.from({ length: crosses.length / 6 }, (_, number) => {
        const [index = 0, time = 0, sign = 0, micros = 0, sma9 = 0, vwap = 0] = crosses.subarray(6 * number);
        const id = ids.slice(32 * number, 32 * number + 32);
        return { index, time, direction: sign > 0 ? "up" : "down", id, price: micros / 1e6, sma9, vwap };
      }),
    };
  }

  free(): void {
    wasm.report_free(this.slot);
  }
}

/** Merges bars into bars of a longer interval, chunk by chunk. */
export class Resampler {
  private readonly slot: number;

  constructor(barSeconds: number) {
    this.slot = checked(wasm.resampler_new(seconds(barSeconds)));
  }

  push(columns: Columns, rows: number, doubles: number, first: number): number {
    return checked(wasm.resampler_push(this.slot, columns.slot, rows, doubles), first);
  }

  finish(columns: Columns): number {
    return checked(wasm.resampler_finish(this.slot, columns.slot));
  }

  free(): void {
    wasm.resampler_free(this.slot);
  }
}

/** The session that a moment is in. */
export function sessionOf(time: number): Span | undefined {
  const session = wasm.session_of(time);
  return session.length === 0 ? undefined : span([checked(session[0] ?? 0), session[1] ?? 0]);
}

/** Whether a moment is in a regular session. */
export function isRegularSession(time: number): boolean {
  return sessionOf(time) !== undefined;
}

/** The sessions from one day to another, both included: `YYYY-MM-DD`. */
export function sessionsBetween(from: string, to: string): Span[] {
  const sessions = wasm.sessions_between(day(from), day(to));
  checked(sessions[0] ?? 0);
  return Array.from({ length: sessions.length / 2 }, (_, number) => span(sessions.subarray(2 * number)));
}

/** Days since 1970. */
function day(date: string): number {
  const time = Date.parse(`${text(date, 10, "unknown_name")}T00:00Z`);
  if (Number.isNaN(time) || new Date(time).toISOString().slice(0, 10) !== date) throw refusal("unknown_name");
  return time / 86_400_000;
}

/** Reads dollars from the decimal text of a JSON number. */
export function parsePrice(price: string): { micros: number; rounded: boolean } {
  const twice = checked(wasm.parse_price(text(price, 1_000_000, "not_a_number", "too_large")));
  return { micros: Math.floor(twice / 2), rounded: twice % 2 === 1 };
}

/** The id of a cross, 1 up or -1 down: 32 hex digits. */
export function signalId(ticker: string, barSeconds: number, time: number, direction: number, basis: string): string {
  const [known, length, number] = [tickerText(ticker), seconds(barSeconds), basisNumber(basis)];
  const id = wasm.signal_id(known, length, time, direction, number);
  if (id !== "") return id;
  // Which of them it was is found by asking for each alone.
  checked(wasm.session_of(time)[0] ?? 0);
  if (direction !== 1 && direction !== -1) throw refusal("unknown_name");
  const engine = checked(wasm.engine_new(known, length, number));
  wasm.engine_free(engine);
  throw refusal("internal");
}
