import { core } from "./core.js";
import { checked, IndicatorsError } from "./errors.js";
import { type CheckedOptions, checkColumns, checkOptions, DOUBLES } from "./input.js";
import { makeReport, withReport } from "./report.js";
import type { Columns, Options, Result } from "./types.js";
import { createWorkspace } from "./workspace.js";

/** Columns that stay in the memory of the wasm module, for those who compute the same rows many times. */
export interface ResidentColumns {
  readonly rows: number;
  /**
   * As `compute`, without copying. `sma9`, `vwap` and `cross` are views of the wasm module's memory: they show the latest results of these
   * columns, and end (their length becomes 0) when that memory grows. The first reading of `crosses`, and of `sessions`, computes once
   * more. After `dispose` the views show, and change, whatever comes to be there: use them no longer.
   */
  compute(options: Options): Result;
  /** Frees the memory. Safe twice; everything else throws `disposed` afterwards. */
  dispose(): void;
}

/**
 * Copies columns into the memory of the wasm module, once, and checks them. The columns can be reused afterwards.
 *
 * @throws IndicatorsError `too_large` above 16,777,216 rows.
 */
export function createResidentColumns(columns: Columns): ResidentColumns {
  const input = checkColumns(columns);
  const { rows } = input;
  const workspace = createWorkspace(rows, input.extra);
  let alive = true;
  const dispose = (): void => {
    if (alive) workspace.wasm.free();
    alive = false;
  };
  const fill = ({ ticker, barSeconds, basis }: CheckedOptions, doubles = DOUBLES): void => {
    if (!alive) throw new IndicatorsError("disposed", "the columns are disposed of");
    const { Engine } = core();
    const engine = checked(() => new Engine(ticker, barSeconds, basis));
    try {
      checked(() => engine.pushColumns(workspace.wasm, rows, doubles, 0));
    } finally {
      engine.free();
    }
  };

  try {
    workspace.write(input, 0, rows);
    // Which series it is makes no difference to what is wrong.
    fill({ ticker: "A", barSeconds: 1, basis: "close" }, input.doubles);
  } catch (thrown) {
    dispose();
    throw thrown;
  }

  return {
    rows,
    compute(options) {
      const checkedOptions = checkOptions(options);
      fill(checkedOptions);
      return withReport(workspace.values(rows), (sessionsToo) => {
        fill(checkedOptions);
        return makeReport(checkedOptions, sessionsToo, (report) => report.add(workspace.wasm, rows, DOUBLES));
      });
    },
    dispose,
  };
}
