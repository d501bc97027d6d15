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

/** Makes the report of the rows that `add` adds. */
export function makeReport({ ticker, barSeconds, basis }: CheckedOptions, add: (report: WasmReport) => void): Report {
  const { Report } = core();
  const report = checked(() => new Report(ticker, barSeconds, basis));
  try {
    checked(() => add(report));
    return checked(() => report.result());
  } finally {
    report.free();
  }
}

/** Adds a report to values. Hashing costs more than the values, so the report is made when somebody reads it. */
export function withReport(values: Values, make: () => Report): Result {
  let made: Report | undefined;
  const report = (): Report => {
    made ??= make();
    return made;
  };
  return {
    ...values,
    get crosses() {
      return report().crosses;
    },
    get sessions() {
      return report().sessions;
    },
  };
}
