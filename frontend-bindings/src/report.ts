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
  let crosses: readonly Cross[] | undefined;
  let sessions: readonly SessionSummary[] | undefined;
  return {
    ...values,
    get crosses() {
      crosses ??= make(false).crosses;
      return crosses;
    },
    get sessions() {
      sessions ??= make(true).sessions;
      return sessions;
    },
  };
}
