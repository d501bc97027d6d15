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
  // Name by name: an object that is spread, or gets both properties at once, is of a new kind each time.
  const result = { sma9: values.sma9, vwap: values.vwap, cross: values.cross };
  Object.defineProperty(result, LAZY, { configurable: true, value: { make } });
  Object.defineProperty(result, "crosses", CROSSES);
  return Object.defineProperty(result, "sessions", SESSIONS) as unknown as Result;
}

/**
 * What makes the report of a result, and what was made: apart from the result, which may be frozen. Configurable, since proxies that wrap
 * what they read, as those of Vue, may do so with no other property.
 */
const LAZY = Symbol();

interface Lazy extends Partial<Mutable<Report>> {
  readonly make: (sessionsToo: boolean) => Report;
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/*
 * Properties of each result's own, so that it can be spread and cloned. All results share their functions: with functions of its own
 * each would be a new kind of object to the engine, which keeps kinds, and all that their functions hold, until it collects
 * the whole memory.
 */
const CROSSES = property("crosses", false);
const SESSIONS = property("sessions", true);

function property<Name extends keyof Report>(name: Name, sessionsToo: boolean): PropertyDescriptor {
  return {
    configurable: true,
    enumerable: true,
    get(this: { [LAZY]: Lazy }) {
      const lazy: Lazy = this[LAZY];
      const known = lazy[name];
      if (known !== undefined) return known;
      const made = lazy.make(sessionsToo)[name] as Lazy[Name];
      // What is written is not read again: there are proxies that let nobody write.
      lazy[name] = made;
      return made;
    },
  };
}
