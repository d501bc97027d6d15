import { core } from "./core.js";
import { checked } from "./errors.js";
import type { Session } from "./types.js";

/** The regular session that contains a moment in milliseconds since the Unix epoch; known for 1990 to 2100. */
export function sessionOf(time: number): Session | undefined {
  return checked(() => core().sessionOf(time)) as Session | undefined;
}

/** Whether a moment in milliseconds since the Unix epoch is within a regular session. */
export function isRegularSession(time: number): boolean {
  return sessionOf(time) !== undefined;
}

/** The sessions from one New York date to another, both included. Dates are written `2019-02-11`. */
export function sessionsBetween(from: string, to: string): readonly Session[] {
  return checked(() => core().sessionsBetween(from, to)) as Session[];
}
