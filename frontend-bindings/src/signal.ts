import { core } from "./core.js";
import { checked } from "./errors.js";
import { bad, checkOptions } from "./input.js";
import type { Direction, Options } from "./types.js";

/** What makes a cross the same cross. */
export interface SignalKey extends Options {
  /** Start of the bar in milliseconds. */
  readonly time: number;
  readonly direction: Direction;
}

/** The id of a cross: 32 hex digits, the XXH3-128 of its ticker, bar length, time, direction and rule. */
export function signalId(key: SignalKey): string {
  const { ticker, barSeconds, basis } = checkOptions(key);
  const { time, direction } = key;
  if (direction !== "up" && direction !== "down") throw bad('direction is "up" or "down"');
  return checked(() => core().signalId(ticker, barSeconds, time, direction === "up" ? 1 : -1, basis));
}
