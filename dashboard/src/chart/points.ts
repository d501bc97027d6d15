import { toChartSeconds } from "@alpha-kite/indicators/chart";
import type { SingleValueData, Time } from "lightweight-charts";
import type { Bars } from "@/model/series";

/** A value of a bar as the library takes it. */
export function pointOf(bars: Bars, values: Float64Array, row: number): SingleValueData<Time> {
  return { time: toChartSeconds(bars.times[row] as number) as unknown as Time, value: values[row] as number };
}
