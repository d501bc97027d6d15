import { instantiate, isLoaded } from "./core.js";
import { loadModule, type WasmSource } from "./load.js";

/** The loading of the package's own file, while it is under way. */
let loading: Promise<void> | undefined;

/**
 * Loads the wasm module. Everything else of this package needs it once.
 *
 * Without an argument the file of this package is used: read from disk in Node, fetched in a browser. Calling it again, also while it
 * is under way, is harmless, and the first module that is loaded stays. After a failure it can be called again.
 *
 * @throws IndicatorsError `wasm_unsupported` without simd128, `wasm_load_failed` if the file is not there or damaged.
 */
export function init(source?: WasmSource): Promise<void> {
  if (isLoaded()) return Promise.resolve();
  if (source !== undefined) return load(source);
  loading ??= load().finally(() => {
    loading = undefined;
  });
  return loading;
}

/** Whether `init` has done its work. */
export function isInitialized(): boolean {
  return isLoaded();
}

async function load(source?: WasmSource): Promise<void> {
  const module = await loadModule(source);
  if (!isLoaded()) instantiate(module);
}
