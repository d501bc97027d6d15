import {
  type Columns,
  compareDigests,
  compute,
  type ExpectedDigest,
  IndicatorsError,
  init,
  isInitialized,
  type Options,
  type Result,
  type SessionParity,
} from "@alpha-kite/indicators";

/** What a computation has come to. */
export type IndicatorsState =
  | { readonly status: "loading" }
  | { readonly status: "ready"; readonly columns: Columns; readonly options: Options; readonly result: Result }
  | { readonly status: "error"; readonly error: IndicatorsError };

/** How own digests compare with those of another side. */
export type ParityState =
  | { readonly status: "loading" }
  /** All sessions compared are equal to the last bit. */
  | { readonly status: "equal"; readonly sessions: readonly SessionParity[] }
  /** None differs, and of some there are fewer rows here than there, or there is nothing to compare. */
  | { readonly status: "behind"; readonly sessions: readonly SessionParity[] }
  | { readonly status: "different"; readonly sessions: readonly SessionParity[] }
  | { readonly status: "error"; readonly error: IndicatorsError };

/** Something with a state that changes. */
export interface Store<State> {
  get(): State;
  /** Calls `listener` after every change; returns how to stop that. */
  subscribe(listener: () => void): () => void;
}

/** Computes the columns that it is given, loading the wasm module first if that is still to be done. */
export interface IndicatorsStore extends Store<IndicatorsState> {
  update(columns: Columns, options: Options): void;
}

/** The state on a server, and before anything is computed. */
export const LOADING = { status: "loading" } as const;

/** Makes a store that computes the latest columns. */
export function createIndicatorsStore(): IndicatorsStore {
  let state: IndicatorsState = LOADING;
  let wanted = 0;
  const listeners = new Set<() => void>();
  const set = (next: IndicatorsState): void => {
    state = next;
    for (const listener of listeners) listener();
  };
  return {
    get: () => state,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    update(columns, options) {
      wanted += 1;
      if (isInitialized()) return set(computed(columns, options));
      const request = wanted;
      const done = (error?: IndicatorsError): void => {
        if (request !== wanted) return;
        // Somebody else's file may have come meanwhile.
        set(error === undefined || isInitialized() ? computed(columns, options) : { status: "error", error });
      };
      init().then(() => done(), done);
    },
  };
}

/** Compares a computation with digests of another side. */
export function parityOf(state: IndicatorsState, expected: readonly ExpectedDigest[]): ParityState {
  if (state.status !== "ready") return state;
  try {
    const sessions = compareDigests(state.columns, state.options, state.result, expected);
    const some = (wanted: SessionParity["state"]) => sessions.some((session) => session.state === wanted);
    const behind = sessions.length === 0 || some("behind");
    return { status: some("different") ? "different" : behind ? "behind" : "equal", sessions };
  } catch (thrown) {
    return { status: "error", error: known(thrown) };
  }
}

function computed(columns: Columns, options: Options): IndicatorsState {
  try {
    const result = compute(columns, options);
    return { status: "ready", columns, options, result };
  } catch (thrown) {
    return { status: "error", error: known(thrown) };
  }
}

function known(thrown: unknown): IndicatorsError {
  if (thrown instanceof IndicatorsError) return thrown;
  throw thrown;
}
