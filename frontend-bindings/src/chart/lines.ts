import type { Times } from "@alpha-kite/indicators";
import { type ChartSeconds, toChartSeconds } from "./time.js";

/** A point of a lightweight-charts line; without a value it is a gap. */
export type LinePoint = { time: ChartSeconds; value: number } | { time: ChartSeconds };

/** Turns a column of values into the points of a line; NaN becomes a gap. */
export function toLine(times: Times, values: Float64Array): LinePoint[] {
  return Array.from(values, (value, row) => {
    const time = toChartSeconds(times[row] ?? 0);
    return Number.isNaN(value) ? { time } : { time, value };
  });
}

/** Turns the same into points for Recharts: `x` in milliseconds, `y` null for a gap. */
export function toPoints(times: Times, values: Float64Array): { x: number; y: number | null }[] {
  return Array.from(values, (value, row) => ({ x: Number(times[row]), y: Number.isNaN(value) ? null : value }));
}
