/** Why a call was refused. The first group comes from this package, the others from the core inside the wasm module. */
export type ErrorCode =
  // this package
  | "not_initialized"
  | "disposed"
  | "wasm_unsupported"
  | "wasm_load_failed"
  | "bad_argument"
  | "read_failed"
  | "incomplete_read"
  // the core
  | "not_a_number"
  | "not_a_time"
  | "price_out_of_range"
  | "volume_out_of_range"
  | "fractional_shares"
  | "session_volume_out_of_range"
  | "out_of_order"
  | "missing_range"
  | "column_lengths"
  | "unknown_interval"
  | "unknown_ticker"
  | "unknown_name"
  | "bad_snapshot"
  | "too_large"
  | "internal";

/** What every function of this package throws. A refused call changes nothing but what `into` holds. */
export class IndicatorsError extends Error {
  override readonly name = "IndicatorsError";
  /** Stable, for programs. The message is for people and may change. */
  readonly code: ErrorCode;
  /** The number of the row that is to blame, from 0; absent where no single row is. */
  readonly index?: number;

  constructor(code: ErrorCode, message: string, details: { cause?: unknown; index?: number | undefined } = {}) {
    super(message, "cause" in details ? { cause: details.cause } : undefined);
    this.code = code;
    if (details.index !== undefined) this.index = details.index;
  }
}

/** Runs a call into the wasm module and lets all errors out as {@link IndicatorsError}, also those of columns that are gone. */
export function checked<T>(call: () => T): T {
  try {
    return call();
  } catch (cause) {
    throw cause instanceof IndicatorsError ? cause : new IndicatorsError("internal", String(cause), { cause });
  }
}
