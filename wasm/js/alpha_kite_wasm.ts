// The classes and errors of the wasm module, around functions that take and return numbers.
import { IndicatorsError } from "../errors.js";
import type * as Exports from "./alpha_kite_wasm_bindings_bg.wasm";

type Wasm = typeof Exports;

/** The module's functions. */
let wasm: Wasm;
let memory: WebAssembly.Memory;

/** The one that is called for every bar: through an object it would be slower. */
let enginePush: Wasm["engine_push"];

/** Makes an instance of the compiled module. Not at once: Chrome before 114 refuses that where pages run. */
export function instantiate(module: WebAssembly.Module): Promise<WebAssembly.Instance> {
  // wasm-bindgen asks for a table of JavaScript values, of which none cross the border.
  const imports = { "./alpha_kite_wasm_bindings_bg.js": { __wbindgen_init_externref_table: () => undefined } };
  return WebAssembly.instantiate(module, imports);
}

/** Puts an instance to work, and returns its memory. */
export function use({ exports }: WebAssembly.Instance): WebAssembly.Memory {
  // Nothing of a wrong module may stay.
  if (!("engine_push" in exports)) throw new Error("it is another package's");
  wasm = exports as unknown as Wasm;
  memory = wasm.memory;
  enginePush = wasm.engine_push;
  return memory;
}

/** What is said of each refusal, in the order of the module's statuses. */
const MESSAGES = {
  not_a_number: "not a number",
  not_a_time: "time is not a whole number of milliseconds within 8.64e15 of 1970",
  price_out_of_range: "price is outside 0 to 10000000 dollars",
  volume_out_of_range: "volume is outside 0 to 10^13 shares",
  fractional_shares: "volume is not a whole number of shares",
  session_volume_out_of_range: "volume of the session would pass 10^13 shares",
  out_of_order: "bar does not start after the one before it",
  missing_range: "the hlc3 basis needs the high and low of every bar",
  column_lengths: "more rows than the columns hold",
  unknown_interval: "interval is neither 1 second nor whole minutes up to a day",
  unknown_ticker: "ticker is not 1 to 32 upper-case ASCII characters without '|' or outer spaces",
  unknown_name: "not a known name",
  bad_snapshot: "snapshot is damaged or of another version",
  too_large: "more than fits into memory",
  disposed: "used after it was freed",
  internal: "unexpected failure",
};

type Code = keyof typeof MESSAGES;

const CODES = Object.keys(MESSAGES) as Code[];

/** A session as the module knows it. */
export interface Span {
  readonly date: string;
  readonly start: number;
  readonly end: number;
}

/** What the module reports of a session. */
export interface ReportedSession extends Span {
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

function refusal(code: Code, index?: number): IndicatorsError {
  return new IndicatorsError(code, MESSAGES[code], { index });
}

/** The error that a negative status stands for. */
export function statusError(status: number, first = 0): IndicatorsError {
  const row = Math.floor(-status / 32) - 1;
  return refusal(CODES[(-status % 32) - 1] ?? "internal", row < 0 ? undefined : row + first);
}

/** A number that is no status. */
function checked(result: number, first = 0): number {
  if (result < 0) throw statusError(result, first);
  return result;
}

/** Length of a snapshot, and room for an id. */
const SNAPSHOT_LENGTH = 124;
const ID_LENGTH = 32;

/*
 * The module returns places in memory as 32 bits, which JavaScript reads as negative numbers from 2 GiB on; `>>> 0` makes them
 * what they are.
 */

/** Bytes in the module's memory. */
function bytes(offset: number, length: number): Uint8Array {
  return new Uint8Array(memory.buffer, offset, length);
}

/** The place for texts and snapshots in the module's memory. */
function room(length: number): Uint8Array {
  const size = Math.max(length, SNAPSHOT_LENGTH);
  const offset = wasm.text_room(size) >>> 0;
  if (offset === 0) throw refusal("too_large");
  return bytes(offset, size);
}

/** Writes a text of at most `limit` ASCII characters where the module reads it, and returns its length. */
function write(text: string, limit: number, wrong: Code, long: Code = wrong): number {
  if (text.length > limit) throw refusal(long);
  const place = room(text.length);
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit > 127) throw refusal(wrong);
    place[at] = unit;
  }
  return text.length;
}

const decoder = /* @__PURE__ */ new TextDecoder();

function read(digits: Uint8Array): string {
  return decoder.decode(digits);
}

function basisNumber(basis: string): number {
  if (basis !== "close" && basis !== "hlc3") throw refusal("unknown_name");
  return basis === "close" ? 0 : 1;
}

const writeTicker = (ticker: string): number => write(ticker, 32, "unknown_ticker");

const DAY_MILLIS = 86_400_000;
const MINUTE_MILLIS = 60_000;

/** The session of a day since 1970. A session opens and closes on one day, which is the same in New York and in UTC. */
function spanOf(day: number): Span | undefined {
  const session = wasm.session_on(day);
  const minutes = session % MINUTE_MILLIS;
  const start = session - minutes;
  return session === 0 ? undefined : { date: dateOf(day), start, end: start + minutes * MINUTE_MILLIS };
}

function dateOf(day: number): string {
  return new Date(day * DAY_MILLIS).toISOString().slice(0, 10);
}

/** Columns in the module's memory. */
export class Columns {
  /** @internal */
  readonly slot: number;
  /** @internal */
  readonly extra: 0 | 1 | 2;

  constructor(capacity: number, extra: 0 | 1 | 2) {
    this.extra = extra;
    this.slot = checked(wasm.columns_new(capacity, extra));
  }

  offset(column: number): number {
    return wasm.columns_offset(this.slot, column) >>> 0;
  }

  free(): void {
    wasm.object_free(this.slot);
  }
}

/** Computes one series. */
export class Engine {
  readonly basis: "close" | "hlc3";
  /** @internal */
  readonly slot: number;
  private readonly ticker: string;
  private readonly barSeconds: number;

  constructor(ticker: string, barSeconds: number, basis: string, snapshot?: Uint8Array) {
    this.ticker = ticker;
    this.barSeconds = barSeconds;
    // Also where a snapshot knows the basis, this checks the ticker.
    const fresh = checked(wasm.engine_new(writeTicker(ticker), this.barSeconds, snapshot ? 0 : basisNumber(basis)));
    this.slot = snapshot === undefined ? fresh : restored(fresh, snapshot);
    this.basis = wasm.engine_basis(this.slot) === 0 ? "close" : "hlc3";
  }

  static restore(snapshot: Uint8Array, ticker: string, barSeconds: number): Engine {
    return new Engine(ticker, barSeconds, "", snapshot);
  }

  push(time: number, close: number, volume: number): number {
    return enginePush(this.slot, time, close, volume);
  }

  pushRange(time: number, high: number, low: number, close: number, volume: number): number {
    return wasm.engine_push_row(this.slot, row(time, high, low, close, volume), 0);
  }

  peek(time: number, close: number, volume: number): number {
    if (this.basis === "hlc3") throw refusal("missing_range");
    return this.peekRange(time, close, close, close, volume);
  }

  peekRange(time: number, high: number, low: number, close: number, volume: number): number {
    return wasm.engine_push_row(this.slot, row(time, high, low, close, volume), 1);
  }

  pushColumns(columns: Columns, rows: number, doubles: number, first: number): void {
    checked(wasm.engine_push_columns(this.slot, columns.slot, rows, doubles), first);
  }

  valuesOffset(): number {
    return wasm.engine_values(this.slot) >>> 0;
  }

  session(): Span | undefined {
    const day = wasm.engine_day(this.slot);
    return day < 0 ? undefined : spanOf(day);
  }

  signalId(time: number, direction: number): string {
    return signalId(this.ticker, this.barSeconds, time, direction, this.basis);
  }

  snapshot(): Uint8Array {
    const place = room(SNAPSHOT_LENGTH);
    return place.slice(0, checked(wasm.engine_snapshot(this.slot)));
  }

  free(): void {
    wasm.object_free(this.slot);
  }
}

/** Columns of one row, and views of its time, close, volume, high and low. */
let oneRow: { slot: number; views: Float64Array[] } | undefined;

/** Writes a row, and returns the number of its columns. */
function row(time: number, high: number, low: number, close: number, volume: number): number {
  if (oneRow === undefined || oneRow.views[0]?.length === 0) {
    const columns = new Columns(1, 1);
    if (oneRow !== undefined) wasm.object_free(oneRow.slot);
    const views = [0, 1, 2, 5, 6].map((column) => new Float64Array(memory.buffer, columns.offset(column), 1));
    oneRow = { slot: columns.slot, views };
  }
  const { slot, views } = oneRow;
  [time, close, volume, high, low].forEach((value, place) => {
    views[place]?.fill(value);
  });
  return slot;
}

/** The engine of a snapshot, in place of another one. */
function restored(fresh: number, snapshot: Uint8Array): number {
  wasm.object_free(fresh);
  if (snapshot.length !== SNAPSHOT_LENGTH) throw refusal("bad_snapshot");
  room(SNAPSHOT_LENGTH).set(snapshot);
  return checked(wasm.engine_restore(SNAPSHOT_LENGTH));
}

/** Collects the crosses of a series, and its sessions if they are asked for, chunk by chunk. */
export class Report {
  private readonly slot: number;
  private rows = 0;
  private hasOpens = false;

  constructor(ticker: string, barSeconds: number, basis: string, sessionsToo: boolean) {
    this.slot = checked(wasm.report_new(writeTicker(ticker), barSeconds, basisNumber(basis), +sessionsToo));
  }

  add(columns: Columns, rows: number, doubles: number): void {
    checked(wasm.report_add(this.slot, columns.slot, rows, doubles), this.rows);
    this.rows += rows;
    this.hasOpens = columns.extra === 2;
  }

  result(): { sessions: ReportedSession[]; crosses: ReportedCross[] } {
    return {
      sessions: this.list(0, 3, ([day = 0, , n = 0], digits) => {
        const session = { ...(spanOf(day) as Span), n, digest: read(digits.subarray(0, 16)) };
        return this.hasOpens ? { ...session, rowDigest: read(digits.subarray(16)) } : session;
      }),
      crosses: this.list(1, 6, ([index = 0, time = 0, sign = 0, micros = 0, sma9 = 0, vwap = 0], digits) => {
        return { index, time, direction: sign > 0 ? "up" : "down", id: read(digits), price: micros / 1e6, sma9, vwap };
      }),
    };
  }

  /** Entries of some doubles and 32 digits each. */
  private list<T>(list: number, doubles: number, make: (numbers: Float64Array, digits: Uint8Array) => T): T[] {
    const size = 8 * doubles + ID_LENGTH;
    const start = wasm.report_offset(this.slot, list) >>> 0;
    return Array.from({ length: wasm.report_length(this.slot, list) }, (_, number) => {
      const offset = start + size * number;
      return make(new Float64Array(memory.buffer, offset, doubles), bytes(offset + 8 * doubles, ID_LENGTH));
    });
  }

  free(): void {
    wasm.object_free(this.slot);
  }
}

/** Merges bars into bars of a longer interval, chunk by chunk. */
export class Resampler {
  private readonly slot: number;

  constructor(barSeconds: number) {
    this.slot = checked(wasm.resampler_new(barSeconds));
  }

  push(columns: Columns, rows: number, doubles: number, first: number): number {
    return checked(wasm.resampler_push(this.slot, columns.slot, rows, doubles), first);
  }

  finish(columns: Columns): number {
    return checked(wasm.resampler_finish(this.slot, columns.slot));
  }

  free(): void {
    wasm.object_free(this.slot);
  }
}

/** The session that a moment is in. */
export function sessionOf(time: number): Span | undefined {
  if (!Number.isInteger(time) || Math.abs(time) > 8.64e15) throw refusal("not_a_time");
  const session = spanOf(Math.floor(time / DAY_MILLIS));
  return session !== undefined && session.start <= time && time < session.end ? session : undefined;
}

/** The sessions from one day to another, both included: `YYYY-MM-DD`. Sessions are known for the years 1990 to 2100. */
export function sessionsBetween(from: string, to: string): Span[] {
  const sessions: Span[] = [];
  const last = Math.min(dayOf(to), LAST_DAY);
  for (let day = Math.max(dayOf(from), 0); day <= last; day++) {
    const session = spanOf(day);
    if (session !== undefined) sessions.push(session);
  }
  return sessions;
}

/** 2100-12-31 as a day since 1970. */
const LAST_DAY = 47_846;

function dayOf(date: string): number {
  const time = typeof date === "string" && date.length === 10 ? Date.parse(`${date}T00:00Z`) : Number.NaN;
  if (Number.isNaN(time) || dateOf(time / DAY_MILLIS) !== date) throw refusal("unknown_name");
  return time / DAY_MILLIS;
}

/** Reads dollars from the decimal text of a JSON number. */
export function parsePrice(price: string): { micros: number; rounded: boolean } {
  const twice = checked(wasm.parse_price(write(price, 1_000_000, "not_a_number", "too_large")));
  return { micros: Math.floor(twice / 2), rounded: twice % 2 === 1 };
}

/** The id of a cross, 1 up or -1 down: 32 hex digits. */
export function signalId(ticker: string, barSeconds: number, time: number, direction: number, basis: string): string {
  const length = writeTicker(ticker);
  checked(wasm.signal_id(length, barSeconds, time, direction, basisNumber(basis)));
  return read(room(ID_LENGTH).subarray(0, ID_LENGTH));
}
