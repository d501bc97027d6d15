import type { Columns, Cross, ExpectedDigest, Options } from "@alpha-kite/indicators";
import { useEffect, useMemo, useState, useSyncExternalStore } from "react";
import { createIndicatorsStore, type IndicatorsState, LOADING, type ParityState, parityOf } from "./store.js";

/** The crosses of a computation, or why there are none yet. */
export type CrossesState =
  | Exclude<IndicatorsState, { status: "ready" }>
  | { readonly status: "ready"; readonly crosses: readonly Cross[] };

/**
 * Computes columns again whenever one of them or an option is another. A column whose contents change has to be a new array, or a new
 * view.
 */
export function useIndicators(columns: Columns, options: Options): IndicatorsState {
  const [store] = useState(createIndicatorsStore);
  const { times, prices, volumes, highs, lows, opens } = columns;
  const { ticker, barSeconds, basis } = options;
  useEffect(() => {
    store.update({ times, prices, volumes, highs, lows, opens }, { ticker, barSeconds, basis });
  }, [store, times, prices, volumes, highs, lows, opens, ticker, barSeconds, basis]);
  return useSyncExternalStore(store.subscribe, store.get, () => LOADING);
}

/** The crosses of columns, computed as `useIndicators` does. */
export function useCrosses(columns: Columns, options: Options): CrossesState {
  const state = useIndicators(columns, options);
  return useMemo(
    () => (state.status === "ready" ? { status: "ready", crosses: state.result.crosses } : state),
    [state],
  );
}

/** Whether a computation equals what another side has, to the last bit. Give the state that `useIndicators` returned. */
export function useParity(state: IndicatorsState, expected: readonly ExpectedDigest[]): ParityState {
  return useMemo(() => parityOf(state, expected), [state, expected]);
}
