import { IndicatorsError } from "./errors.js";
import {
  Columns,
  Engine,
  instantiate as instantiateModule,
  parsePrice,
  Report,
  Resampler,
  sessionOf,
  sessionsBetween,
  signalId,
  statusError,
  use,
} from "./wasm/alpha_kite_wasm.js";

/** What the wasm module can do. Named one by one, so that the generated loader, which finds another file, is left out. */
const FUNCTIONS = {
  Columns,
  Engine,
  parsePrice,
  Report,
  Resampler,
  sessionOf,
  sessionsBetween,
  signalId,
  statusError,
};

/** The loaded wasm module and its memory. */
export type Core = typeof FUNCTIONS & { readonly memory: WebAssembly.Memory };

let loaded: Core | undefined;

/** The loaded module, or `not_initialized`. */
export function core(): Core {
  if (loaded === undefined) throw new IndicatorsError("not_initialized", "await init() before anything else");
  return loaded;
}

/** Whether there is one. */
export function isLoaded(): boolean {
  return loaded !== undefined;
}

/** Puts the compiled module to work, unless another one has come first, in whose memory there are objects by then. */
export async function instantiate(module: WebAssembly.Module): Promise<void> {
  const instance = await instantiateModule(module);
  loaded ??= { ...FUNCTIONS, memory: use(instance) };
}
