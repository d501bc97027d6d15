export { type CrossesState, useCrosses, useIndicators, useParity } from "./hooks.js";
export {
  createIndicatorsStore,
  type IndicatorsState,
  type IndicatorsStore,
  type ParityState,
  parityOf,
} from "./store.js";
