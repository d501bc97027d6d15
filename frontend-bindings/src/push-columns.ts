import { checked } from "./errors.js";
import { allocate, buffer, type Input, roomIn } from "./input.js";
import type { Values } from "./types.js";
import type { Engine, Report } from "./wasm/alpha_kite_wasm.js";
import { chunkWorkspace, forChunks } from "./workspace.js";

/** Pushes all rows and returns their values, in new arrays or in those given. */
export function pushColumns(engine: Engine, input: Input, into?: Values): Values {
  const { rows, extra, doubles } = input;
  // First, since it may let the wasm module's memory grow, which ends views of it.
  const workspace = chunkWorkspace(extra);
  const values = into
    ? roomIn(into, rows)
    : allocate(() => ({
        sma9: new Float64Array(buffer(8 * rows)),
        vwap: new Float64Array(buffer(8 * rows)),
        cross: new Int8Array(buffer(rows)),
      }));
  forChunks(rows, (first, count) => {
    workspace.write(input, first, count);
    checked(() => engine.pushColumns(workspace.wasm, count, doubles, first));
    workspace.readValues(values, first, count);
  });
  return values;
}

/** Adds all rows and the values computed of them to a report. */
export function addRows(report: Report, input: Input, values: Values): void {
  const workspace = chunkWorkspace(input.extra);
  forChunks(input.rows, (first, count) => {
    workspace.write(input, first, count);
    workspace.writeValues(values, first, count);
    report.add(workspace.wasm, count, input.doubles);
  });
}
