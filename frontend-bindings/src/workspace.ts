import { core } from "./core.js";
import { checked } from "./errors.js";
import { type Input, isDoubles } from "./input.js";
import type { Values } from "./types.js";
import type { Columns as WasmColumns } from "./wasm/alpha_kite_wasm.js";

/** Rows that go through the wasm module at a time: so few that they stay in the processor's cache. */
export const CHUNK_ROWS = 8192;

/** Numbers of the wasm module's columns. */
const TIMES = 0;
const PRICES = 1;
const VOLUMES = 2;
const SMA9 = 3;
const VWAP = 4;
const HIGHS = 5;
const LOWS = 6;
const OPENS = 7;
const CROSS = 8;

/** Columns in the memory of the wasm module. */
export interface Workspace {
  readonly wasm: WasmColumns;
  /** Copies rows `[first, first + rows)` of the input in. */
  write(input: Input, first: number, rows: number): void;
  /** Copies values in that were computed before. */
  writeValues(values: Values, first: number, rows: number): void;
  /** Copies values out to rows `[first, first + rows)`. */
  readValues(values: Values, first: number, rows: number): void;
  /** Views of the values, which end when the wasm module's memory grows. */
  values(rows: number): Values;
  /** Copies of the first rows of the inputs, when they are integers. */
  integers(rows: number): Integers;
}

/** Bars as integers: milliseconds, micro-dollars, shares. */
export interface Integers {
  readonly times: BigInt64Array;
  readonly opens: BigInt64Array;
  readonly highs: BigInt64Array;
  readonly lows: BigInt64Array;
  readonly prices: BigInt64Array;
  readonly volumes: BigInt64Array;
}

export function createWorkspace(capacity: number, extra: 0 | 1 | 2): Workspace {
  const { Columns, memory } = core();
  const wasm = checked(() => new Columns(capacity, extra));
  const offsets = Array.from({ length: CROSS + 1 }, (_, column) => wasm.offset(column));
  const doubles = (column: number, rows: number) => new Float64Array(memory.buffer, offsets[column], rows);
  const integers = (column: number, rows: number) => new BigInt64Array(memory.buffer, offsets[column], rows);
  const signs = (rows: number) => new Int8Array(memory.buffer, offsets[CROSS], rows);

  const copyIn = (column: number, from: Float64Array | BigInt64Array, first: number, rows: number) => {
    if (isDoubles(from)) doubles(column, rows).set(from.subarray(first, first + rows));
    else integers(column, rows).set(from.subarray(first, first + rows));
  };

  return {
    wasm,
    write(input, first, rows) {
      copyIn(TIMES, input.times, first, rows);
      copyIn(PRICES, input.prices, first, rows);
      copyIn(VOLUMES, input.volumes, first, rows);
      if (extra > 0) copyIn(HIGHS, input.highs ?? input.prices, first, rows);
      if (extra > 0) copyIn(LOWS, input.lows ?? input.prices, first, rows);
      if (extra > 1) copyIn(OPENS, input.opens ?? input.prices, first, rows);
    },
    writeValues({ sma9, vwap, cross }, first, rows) {
      doubles(SMA9, rows).set(sma9.subarray(first, first + rows));
      doubles(VWAP, rows).set(vwap.subarray(first, first + rows));
      signs(rows).set(cross.subarray(first, first + rows));
    },
    readValues({ sma9, vwap, cross }, first, rows) {
      sma9.set(doubles(SMA9, rows), first);
      vwap.set(doubles(VWAP, rows), first);
      cross.set(signs(rows), first);
    },
    values: (rows) => ({ sma9: doubles(SMA9, rows), vwap: doubles(VWAP, rows), cross: signs(rows) }),
    integers: (rows) => ({
      times: integers(TIMES, rows).slice(),
      opens: integers(OPENS, rows).slice(),
      highs: integers(HIGHS, rows).slice(),
      lows: integers(LOWS, rows).slice(),
      prices: integers(PRICES, rows).slice(),
      volumes: integers(VOLUMES, rows).slice(),
    }),
  };
}

const shared: (Workspace | undefined)[] = [];

/** The workspace of one chunk that all calls share, made when first needed. */
export function chunkWorkspace(extra: 0 | 1 | 2): Workspace {
  shared[extra] ??= createWorkspace(CHUNK_ROWS, extra);
  return shared[extra];
}

/** Calls `each` for every chunk of so many rows. */
export function forChunks(rows: number, each: (first: number, rows: number) => void): void {
  for (let first = 0; first < rows; first += CHUNK_ROWS) each(first, Math.min(CHUNK_ROWS, rows - first));
}
