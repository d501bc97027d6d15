import { core } from "./core.js";
import { checked } from "./errors.js";
import type { CheckedOptions } from "./input.js";
import type { Cross, Result, SessionSummary, Values } from "./types.js";
import type { Report as WasmReport } from "./wasm/alpha_kite_wasm.js";

/** Crosses and sessions of a result. */
export interface Report {
  readonly crosses: readonly Cross[];
  readonly sessions: readonly SessionSummary[];
}

/** Makes the report of the rows that `add` adds: its crosses, and its sessions if they are asked for. */
export function makeReport(
  { ticker, barSeconds, basis }: CheckedOptions,
  sessionsToo: boolean,
  add: (report: WasmReport) => void,
): Report {
  const { Report } = core();
  const report = checked(() => new Report(ticker, barSeconds, basis, sessionsToo));
  try {
    checked(() => add(report));
    return checked(() => report.result());
  } finally {
    report.free();
  }
}

/** Adds crosses and sessions to values, when somebody reads them. Sessions have digests, which cost more than all the rest. */
export function withReport(values: Values, make: (sessionsToo: boolean) => Report): Result {
  return new LazyResult(values, make) as unknown as Result;
}

/**
 * Values whose crosses and sessions are made when they are first read: properties of its own, so that it can be spread and cloned.
 * All results share their functions. With functions of its own each would be a new kind of object to the engine, which keeps
 * kinds, and all that their functions hold, until it collects the whole memory.
 */
class LazyResult {
  readonly #make: (sessionsToo: boolean) => Report;

  constructor(values: Values, make: (sessionsToo: boolean) => Report) {
    Object.assign(this, values);
    this.#make = make;
    Object.defineProperties(this, LazyResult.#properties);
  }

  static #property(name: keyof Report, sessionsToo: boolean): PropertyDescriptor {
    return {
      configurable: true,
      enumerable: true,
      get(this: LazyResult) {
        const value = this.#make(sessionsToo)[name];
        Object.defineProperty(this, name, { value });
        return value;
      },
    };
  }

  static readonly #properties = {
    crosses: LazyResult.#property("crosses", false),
    sessions: LazyResult.#property("sessions", true),
  };
}
