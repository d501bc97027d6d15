import { core } from "./core.js";
import { checked } from "./errors.js";
import { checkColumns, checkOptions } from "./input.js";
import { addRows, pushColumns } from "./push-columns.js";
import { makeReport, withReport } from "./report.js";
import type { Columns, Options, Result, Values } from "./types.js";

/**
 * Computes SMA9, session VWAP and their crosses of whole columns. Rows may span sessions and stand outside them.
 *
 * `crosses` and `sessions` of the result are made when they are first read, from the columns as they are then: read them before
 * you write to columns that you reuse.
 *
 * @param into - Arrays to write the values to instead of new ones, which take longer to come by than to fill: those of a result that is no
 * longer needed, or any that have as many rows or more. They must overlap neither the columns nor each other. The result has views of its
 * rows; after an error they hold anything.
 * @throws IndicatorsError with the `index` of the row to blame, where there is one.
 */
export function compute(columns: Columns, options: Options, into?: Values): Result {
  const { Engine } = core();
  const input = checkColumns(columns);
  const checkedOptions = checkOptions(options);
  const { ticker, barSeconds, basis } = checkedOptions;
  const engine = checked(() => new Engine(ticker, barSeconds, basis));
  try {
    const values = pushColumns(engine, input, into);
    return withReport(values, (sessionsToo) =>
      makeReport(checkedOptions, sessionsToo, (report) => addRows(report, input, values)),
    );
  } finally {
    engine.free();
  }
}
