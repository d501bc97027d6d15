import { isLoaded } from "./core.js";
import { load, type WasmSource } from "./load.js";

/** The loading that was begun last, while it is under way. */
let loading: Promise<void> | undefined;

/**
 * Loads the wasm module. Everything else of this package needs it once.
 *
 * Without an argument the file of this package is used: read from disk in Node, fetched in a browser; while a file is being loaded, that
 * one. Calling it again is harmless, and the first module that is loaded stays. After a failure it can be called again.
 *
 * @throws IndicatorsError `wasm_unsupported` without simd128, `wasm_load_failed` if the file is not there or damaged.
 */
export function init(source?: WasmSource): Promise<void> {
  if (isLoaded()) return Promise.resolve();
  if (source === undefined && loading !== undefined) return loading;
  const begun: Promise<void> = load(source).finally(() => {
    if (loading === begun) loading = undefined;
  });
  loading = begun;
  return begun;
}

/** Whether `init` has done its work. */
export function isInitialized(): boolean {
  return isLoaded();
}
