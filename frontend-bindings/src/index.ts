export { compute } from "./compute.js";
export { createEngine, type Engine, type EngineOptions, type Provisional } from "./engine.js";
export { type ErrorCode, IndicatorsError } from "./errors.js";
export { init, isInitialized } from "./init.js";
export { MAX_ROWS } from "./input.js";
export type { WasmSource } from "./load.js";
export { compareDigests, type ExpectedDigest, type SessionParity } from "./parity.js";
export { type Price, parsePrice } from "./price.js";
export { type BarColumns, resample } from "./resample.js";
export { createResidentColumns, type ResidentColumns } from "./resident.js";
export { isRegularSession, sessionOf, sessionsBetween } from "./sessions.js";
export { type SignalKey, signalId } from "./signal.js";
export type {
  Basis,
  Columns,
  Cross,
  Direction,
  Options,
  Prices,
  Result,
  Session,
  SessionSummary,
  Times,
  Values,
  Volumes,
} from "./types.js";
