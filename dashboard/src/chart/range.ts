import type { Session } from "@alpha-kite/indicators";
import { lowerBound } from "@/model/rows";

/** A part of the day that the chart can keep to. */
export type Range = "15m" | "1h" | "session" | "day";

/** The ranges that are offered, in order. */
export const RANGES: readonly Range[] = ["15m", "1h", "session", "day"];

const LENGTHS_MS: Partial<Record<Range, number>> = { "15m": 900_000, "1h": 3_600_000 };
/** Bars are not drawn wider than the width divided by this. */
const LEAST_BARS = 60;
/** Room at the right for the bar still forming and for markers, and at the left for what came before. */
const RIGHT_PART = 0.03;
const LEFT_PART = 0.02;

/** The bars of a range, as indexes from the left edge to the right one; nothing while there are none. */
export function rangeOf(
  range: Range,
  times: Float64Array,
  session: Session | undefined,
  width: number,
): { from: number; to: number } | undefined {
  const count = times.length;
  if (count === 0 || width === 0) return undefined;
  const length = LENGTHS_MS[range];
  let [first, end] = [0, count];
  if (length !== undefined) first = lowerBound(times, (times[count - 1] as number) - length + 1);
  else if (range === "session" && session !== undefined) {
    const [open, close] = [lowerBound(times, session.start), lowerBound(times, session.end)];
    // Before the open there is nothing of the session to show.
    if (open < close) [first, end] = [open, close];
  }
  const margin = Math.max(1.5, (end - first) * RIGHT_PART);
  const to = end - 1 + margin;
  return { from: Math.min(first - Math.max(0.5, (end - first) * LEFT_PART), to - LEAST_BARS), to };
}
