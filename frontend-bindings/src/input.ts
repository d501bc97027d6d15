import { core } from "./core.js";
import { IndicatorsError } from "./errors.js";
import type { Basis, Columns, Options, Prices, Times, Values, Volumes } from "./types.js";

/** Most rows of one call. */
export const MAX_ROWS = 2 ** 27;

/** Checked columns. `extra` counts what there is beside times, prices and volumes, as the wasm module's columns do. */
export interface Input {
  readonly rows: number;
  readonly times: Times;
  readonly prices: Prices;
  readonly volumes: Volumes;
  readonly highs: Prices | undefined;
  readonly lows: Prices | undefined;
  readonly opens: Prices | undefined;
  readonly extra: 0 | 1 | 2;
  /** Which columns are doubles: 1 times, 2 prices, 4 volumes, added up. */
  readonly doubles: number;
}

/** All columns are doubles: what the wasm module makes of columns that it has taken. */
export const DOUBLES = 7;

/** Checks everything about the columns but the values in them, which the wasm module checks. */
export function checkColumns(columns: Columns): Input {
  if (typeof columns !== "object" || columns === null) throw bad("columns are an object of typed arrays");
  const { times, prices, volumes, highs, lows, opens } = columns;
  const given = Object.entries({ times, prices, volumes, highs, lows, opens });
  for (const [name, column] of given) {
    const optional = name === "highs" || name === "lows" || name === "opens";
    if (!isColumn(column) && !(optional && column === undefined)) {
      throw bad(`${name} is no Float64Array or BigInt64Array`);
    }
    if (column !== undefined && column.length !== times.length) {
      throw new IndicatorsError(
        "column_lengths",
        `${name} has ${column.length} values where times has ${times.length}`,
      );
    }
  }
  if ((highs === undefined) !== (lows === undefined)) throw bad("highs and lows come together");
  if (opens !== undefined && highs === undefined) throw bad("opens come with highs and lows");
  for (const column of [opens, highs, lows]) {
    if (column !== undefined && isDoubles(column) !== isDoubles(prices)) {
      throw bad("prices, highs, lows and opens are all dollars (Float64Array) or all micro-dollars (BigInt64Array)");
    }
  }
  if (times.length > MAX_ROWS) throw new IndicatorsError("too_large", `${times.length} rows are more than ${MAX_ROWS}`);
  const extra = opens !== undefined ? 2 : highs !== undefined ? 1 : 0;
  const doubles = (isDoubles(times) ? 1 : 0) + (isDoubles(prices) ? 2 : 0) + (isDoubles(volumes) ? 4 : 0);
  return { rows: times.length, times, prices, volumes, highs, lows, opens, extra, doubles };
}

/** Options with the defaults put in. */
export interface CheckedOptions extends Options {
  readonly basis: Basis;
}

/** Checks the kinds of the options; the wasm module checks what they say. */
export function checkOptions(options: Options): CheckedOptions {
  if (typeof options !== "object" || options === null) throw bad("options are an object");
  const { ticker, barSeconds, basis = "close" } = options;
  if (typeof ticker !== "string") throw bad("ticker is no text");
  checkBarSeconds(barSeconds);
  if (typeof basis !== "string") throw bad('basis is "close" or "hlc3"');
  return { ticker, barSeconds, basis };
}

/** The wasm module would wrap other numbers round to 32 bits. */
export function checkBarSeconds(barSeconds: number): void {
  if (!Number.isInteger(barSeconds) || barSeconds < 1 || barSeconds > 86_400) {
    throw new IndicatorsError("unknown_interval", "barSeconds is 1, or whole minutes up to a day");
  }
}

/** An array that can be allocated, or `too_large`. */
export function allocate<T>(make: () => T): T {
  try {
    return make();
  } catch (cause) {
    throw new IndicatorsError("too_large", "there is no memory for the result", { cause });
  }
}

/** The first rows of arrays to fill. */
export function roomIn({ sma9, vwap, cross }: Values, rows: number): Values {
  if (!isDoubles(sma9) || !isDoubles(vwap) || tagOf(cross) !== "Int8Array") {
    throw bad("into has sma9 and vwap as Float64Array and cross as Int8Array");
  }
  // What the wasm module holds may be freed, and be another object by now.
  const own = core().memory.buffer;
  if (sma9.buffer === own || vwap.buffer === own || cross.buffer === own) {
    throw bad("into has views of the wasm module's memory");
  }
  if (Math.min(sma9.length, vwap.length, cross.length) < rows) {
    throw new IndicatorsError("column_lengths", `into has fewer than ${rows} values`);
  }
  return { sma9: sma9.subarray(0, rows), vwap: vwap.subarray(0, rows), cross: cross.subarray(0, rows) };
}

/** A buffer that is written over as a whole. Node leaves out the zeros where it is asked to; they cost more than the writing. */
export function buffer(bytes: number): ArrayBuffer {
  const { Buffer } = globalThis as { Buffer?: { allocUnsafeSlow?(bytes: number): Uint8Array<ArrayBuffer> } };
  return Buffer?.allocUnsafeSlow?.(bytes).buffer ?? new ArrayBuffer(bytes);
}

export function bad(message: string): IndicatorsError {
  return new IndicatorsError("bad_argument", message);
}

export function isDoubles(column: Times | Prices | Volumes): column is Float64Array {
  return tagOf(column) === "Float64Array";
}

/** Whether a value is an array of bytes. */
export function isBytes(value: unknown): value is Uint8Array {
  return tagOf(value) === "Uint8Array";
}

function isColumn(value: unknown): value is Float64Array | BigInt64Array {
  return tagOf(value) === "Float64Array" || tagOf(value) === "BigInt64Array";
}

/** What kind of typed array a value is, also if another frame or a test runner's sandbox made it. */
function tagOf(value: unknown): string | undefined {
  return ArrayBuffer.isView(value) ? (value as Uint8Array)[Symbol.toStringTag] : undefined;
}

/** One price in dollars. A whole number of micro-dollars divides to the nearest double. */
export function dollars(prices: Prices, row: number): number {
  const price = prices[row] ?? Number.NaN;
  return typeof price === "bigint" ? Number(price) / 1e6 : price;
}
