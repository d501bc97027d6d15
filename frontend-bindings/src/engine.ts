import { type Core, core } from "./core.js";
import { checked, IndicatorsError } from "./errors.js";
import { bad, type CheckedOptions, checkColumns, checkOptions, dollars, isBytes } from "./input.js";
import { pushColumns } from "./push-columns.js";
import type { Columns, Cross, Options, Session, Values } from "./types.js";
import type { Engine as WasmEngine } from "./wasm/alpha_kite_wasm.js";

/** What an engine starts from. */
export interface EngineOptions extends Options {
  /** The state of an engine, from `snapshot()`, to go on from. It holds the basis. */
  readonly snapshot?: Uint8Array | undefined;
}

/** Whether a bar brings a cross: 1 up, -1 down, 0 none. */
export type Sign = -1 | 0 | 1;

/** What the bar still forming would bring if it closed now. To be shown apart; never stored, alerted or traded. */
export interface Provisional {
  readonly provisional: true;
  /** In dollars, NaN where absent. */
  readonly sma9: number;
  readonly vwap: number;
  readonly cross: Sign;
}

/** Computes bar by bar, with the bits of `compute`. */
export interface Engine {
  /**
   * Takes the next closed bar: its start in milliseconds, close in dollars, shares, and for the basis `hlc3` its high and low. Returns 1
   * if SMA9 crossed above VWAP, -1 if it crossed below, else 0. A refused bar leaves the state as it was, and NaN as values.
   */
  push(time: number, price: number, volume: number, high?: number, low?: number): Sign;
  /** SMA9 of the last bar in dollars; NaN where absent. */
  readonly sma9: number;
  /** Session VWAP of the last bar in dollars; NaN where absent. */
  readonly vwap: number;
  /** The last bar's cross, after a `push` that did not return 0. */
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

/** Makes an engine. Whoever makes it disposes of it. */
export function createEngine(options: EngineOptions): Engine {
  const checkedOptions = checkOptions(options);
  const { snapshot } = options;
  if (snapshot !== undefined && !isBytes(snapshot)) throw bad("a snapshot is a Uint8Array");
  const engine = new HeldEngine(core(), checkedOptions, snapshot);
  if (options.basis !== undefined && engine.basis !== options.basis) {
    engine.dispose();
    throw new IndicatorsError("bad_snapshot", `the snapshot's basis is not ${options.basis}`);
  }
  return engine;
}

/** Statuses of the wasm module's `push`; higher ones are no cross, lower ones refusals. */
const CROSS_UP = 0;
const CROSS_DOWN = 1;

/** A class, since V8 inlines methods that all engines share and not functions that each one has for itself. */
class HeldEngine implements Engine {
  readonly #core: Core;
  readonly #options: CheckedOptions;
  #wasm: WasmEngine;
  /** SMA9 and VWAP, where the wasm module leaves them. */
  #values: Float64Array;
  #disposed = false;
  #time = 0;
  #price = 0;
  #sign: Sign = 0;

  constructor(loaded: Core, options: CheckedOptions, snapshot: Uint8Array | undefined) {
    const { ticker, barSeconds, basis } = options;
    this.#core = loaded;
    this.#options = options;
    this.#wasm = checked(() =>
      snapshot === undefined
        ? new loaded.Engine(ticker, barSeconds, basis)
        : loaded.Engine.restore(snapshot, ticker, barSeconds),
    );
    this.#values = this.#view();
  }

  push(time: number, price: number, volume: number, high?: number, low?: number): Sign {
    this.#use();
    checkNumbers(time, price, volume);
    const status =
      high === undefined || low === undefined
        ? this.#wasm.push(time, price, volume)
        : this.#wasm.pushRange(time, checkNumber(high), checkNumber(low), price, volume);
    this.#sign = 0;
    if (status > CROSS_DOWN) return 0;
    if (status < 0) this.#refuse(status);
    this.#time = time;
    this.#price = price;
    this.#sign = status === CROSS_UP ? 1 : -1;
    return this.#sign;
  }

  get sma9(): number {
    return this.#values[0] ?? (this.#look()[0] as number);
  }

  get vwap(): number {
    return this.#values[1] ?? (this.#look()[1] as number);
  }

  get lastCross(): Omit<Cross, "index"> | undefined {
    this.#use();
    if (this.#sign === 0) return undefined;
    const [time, price, sign] = [this.#time, this.#price, this.#sign];
    const id = checked(() => this.#wasm.signalId(time, sign));
    return { time, direction: sign > 0 ? "up" : "down", id, price, sma9: this.sma9, vwap: this.vwap };
  }

  get session(): Session | undefined {
    this.#use();
    return checked(() => this.#wasm.session()) as Session | undefined;
  }

  get basis(): string {
    return this.#wasm.basis;
  }

  peek(time: number, price: number, volume: number, high?: number, low?: number): Provisional {
    this.#use();
    checkNumbers(time, price, volume);
    // The wasm module keeps the values of a push and of a peek in one place.
    const pushed = [this.sma9, this.vwap];
    try {
      const status = checked(() =>
        high === undefined || low === undefined
          ? this.#wasm.peek(time, price, volume)
          : this.#wasm.peekRange(time, checkNumber(high), checkNumber(low), price, volume),
      );
      if (status < 0) this.#refuse(status);
      const cross = status > CROSS_DOWN ? 0 : status === CROSS_UP ? 1 : -1;
      return { provisional: true, sma9: this.sma9, vwap: this.vwap, cross };
    } finally {
      this.#look().set(pushed);
    }
  }

  pushColumns(columns: Columns): Values {
    this.#use();
    const input = checkColumns(columns);
    const before = this.#wasm.snapshot();
    const pushed = [this.sma9, this.vwap];
    try {
      const values = pushColumns(this.#wasm, input);
      const end = input.rows - 1;
      if (end >= 0) {
        this.#look().set([values.sma9[end] as number, values.vwap[end] as number]);
        this.#time = Number(input.times[end]);
        this.#price = dollars(input.prices, end);
        this.#sign = values.cross[end] as Sign;
      }
      return values;
    } catch (thrown) {
      // Rows before the refused one are in, if there were many: go back.
      const restored = this.#core.Engine.restore(before, this.#options.ticker, this.#options.barSeconds);
      this.#wasm.free();
      this.#wasm = restored;
      this.#values = this.#view();
      this.#values.set(pushed);
      throw thrown;
    }
  }

  snapshot(): Uint8Array {
    this.#use();
    return this.#wasm.snapshot();
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#wasm.free();
    // A view without length is looked at again, which throws.
    this.#values = new Float64Array(0);
  }

  #use(): void {
    if (this.#disposed) throw new IndicatorsError("disposed", "the engine is disposed");
  }

  /** The values; takes the view again if the wasm module's memory has grown. */
  #look(): Float64Array {
    this.#use();
    if (this.#values.length === 0) this.#values = this.#view();
    return this.#values;
  }

  #view(): Float64Array {
    return new Float64Array(this.#core.memory.buffer, this.#wasm.valuesOffset(), 2);
  }

  #refuse(status: number): never {
    throw this.#core.statusError(status);
  }
}

function checkNumbers(time: number, price: number, volume: number): void {
  if (typeof time !== "number" || typeof price !== "number" || typeof volume !== "number") {
    throw bad("time, price and volume are numbers");
  }
}

/** A high or low: apart, so that bars of closes are not asked for it. */
function checkNumber(price: number): number {
  if (typeof price !== "number") throw bad("high and low are numbers");
  return price;
}
