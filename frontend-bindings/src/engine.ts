import { core } from "./core.js";
import { asIndicatorsError, checked, IndicatorsError } from "./errors.js";
import { bad, checkColumns, checkOptions, dollars } from "./input.js";
import { pushColumns } from "./push-columns.js";
import type { Columns, Cross, Options, Session, Values } from "./types.js";

/** What an engine starts from. */
export interface EngineOptions extends Options {
  /** The state of an engine, from `snapshot()`, to go on from. It holds the basis. */
  readonly snapshot?: Uint8Array | undefined;
}

/** What the bar still forming would bring if it closed now. To be shown apart; never stored, alerted or traded. */
export interface Provisional {
  readonly provisional: true;
  /** In dollars, NaN where absent. */
  readonly sma9: number;
  readonly vwap: number;
  readonly cross: -1 | 0 | 1;
}

/** Computes bar by bar, with the bits of `compute`. */
export interface Engine {
  /**
   * Takes the next closed bar: its start in milliseconds, close in dollars, shares, and for the basis `hlc3` its high and low. Returns 1
   * if SMA9 crossed above VWAP, -1 if it crossed below, else 0. A refused bar leaves the state as it was, and NaN as values.
   */
  push(time: number, price: number, volume: number, high?: number, low?: number): -1 | 0 | 1;
  /** SMA9 of the last bar in dollars; NaN where absent. */
  readonly sma9: number;
  /** Session VWAP of the last bar in dollars; NaN where absent. */
  readonly vwap: number;
  /** The last bar's cross, for `push` that did not return 0. */
  readonly lastCross: Omit<Cross, "index"> | undefined;
  /** The session of the last bar that was in one. */
  readonly session: Session | undefined;
  /** As `push`, for the bar still forming; changes nothing. */
  peek(time: number, price: number, volume: number, high?: number, low?: number): Provisional;
  /** Takes many bars at once. */
  pushColumns(columns: Columns): Values;
  /** The state as bytes, the same as a native engine's. */
  snapshot(): Uint8Array;
  /** Frees the engine's memory. Safe twice; everything else throws `disposed` afterwards. */
  dispose(): void;
}

function numbers(time: number, price: number, volume: number): void {
  if (typeof time !== "number" || typeof price !== "number" || typeof volume !== "number") {
    throw bad("time, price and volume are numbers");
  }
}

/** Statuses of the wasm module's `push`; lower ones are refusals. */
const CROSS_UP = 2;
const CROSS_DOWN = 3;

/** Makes an engine. Whoever makes it disposes of it. */
export function createEngine(options: EngineOptions): Engine {
  const { Engine: WasmEngine, statusError, memory } = core();
  const { ticker, barSeconds, basis } = checkOptions(options);
  const { snapshot } = options;
  if (snapshot !== undefined && !(snapshot instanceof Uint8Array)) throw bad("a snapshot is a Uint8Array");
  let wasm = checked(() =>
    snapshot === undefined
      ? new WasmEngine(ticker, barSeconds, basis)
      : WasmEngine.restore(snapshot, ticker, barSeconds),
  );
  if (options.basis !== undefined && wasm.basis !== options.basis) {
    wasm.free();
    throw new IndicatorsError("bad_snapshot", `the snapshot's basis is not ${options.basis}`);
  }
  let alive = true;
  let view = new Float64Array(memory.buffer, wasm.valuesOffset(), 2);
  let last: { time: number; price: number; sign: -1 | 0 | 1 } = { time: 0, price: 0, sign: 0 };

  /** The two values, where the wasm module leaves them. */
  const values = (): Float64Array => {
    use();
    if (view.length === 0) view = new Float64Array(memory.buffer, wasm.valuesOffset(), 2);
    return view;
  };
  const show = ({ sma9, vwap, cross }: Values, row: number, time: number, price: number): void => {
    values().set([sma9[row] ?? Number.NaN, vwap[row] ?? Number.NaN]);
    last = { time, price, sign: (cross[row] ?? 0) as -1 | 0 | 1 };
  };
  const use = (): void => {
    if (!alive) throw new IndicatorsError("disposed", "the engine is disposed");
  };
  const signOf = (status: number): -1 | 0 | 1 => {
    if (status < 0) throw asIndicatorsError(statusError(status));
    return status === CROSS_UP ? 1 : status === CROSS_DOWN ? -1 : 0;
  };

  return {
    push(time, price, volume, high, low) {
      use();
      numbers(time, price, volume);
      last.sign = 0;
      const status =
        high === undefined || low === undefined
          ? wasm.push(time, price, volume)
          : wasm.pushRange(time, high, low, price, volume);
      const sign = signOf(status);
      if (sign !== 0) last = { time, price, sign };
      return sign;
    },
    get sma9() {
      return values()[0] ?? Number.NaN;
    },
    get vwap() {
      return values()[1] ?? Number.NaN;
    },
    get lastCross() {
      const [sma9 = Number.NaN, vwap = Number.NaN] = values();
      const { time, price, sign } = last;
      if (sign === 0) return undefined;
      const id = checked(() => wasm.signalId(time, sign));
      return { time, direction: sign > 0 ? ("up" as const) : ("down" as const), id, price, sma9, vwap };
    },
    get session() {
      use();
      return checked(() => wasm.session()) as Session | undefined;
    },
    peek(time, price, volume, high, low) {
      numbers(time, price, volume);
      // The wasm module keeps the values of a push and of a peek in one place.
      const pushed = Array.from(values());
      try {
        const status =
          high === undefined || low === undefined
            ? wasm.peek(time, price, volume)
            : wasm.peekRange(time, high, low, price, volume);
        const cross = signOf(status);
        const [sma9 = Number.NaN, vwap = Number.NaN] = values();
        return { provisional: true, sma9, vwap, cross };
      } finally {
        values().set(pushed);
      }
    },
    pushColumns(columns) {
      use();
      const input = checkColumns(columns);
      const before = wasm.snapshot();
      try {
        const pushed = pushColumns(wasm, input);
        const end = input.rows - 1;
        if (end >= 0) show(pushed, end, Number(input.times[end]), dollars(input.prices, end));
        return pushed;
      } catch (thrown) {
        // Rows before the refused one are in, if there were many: go back.
        const restored = WasmEngine.restore(before, ticker, barSeconds);
        wasm.free();
        wasm = restored;
        view = new Float64Array(0);
        throw thrown;
      }
    },
    snapshot() {
      use();
      return wasm.snapshot();
    },
    dispose() {
      if (!alive) return;
      alive = false;
      wasm.free();
    },
  };
}
