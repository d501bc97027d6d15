import { toChartSeconds } from "@alpha-kite/indicators/chart";
import type { CandlestickData, HistogramData, SingleValueData, Time, WhitespaceData } from "lightweight-charts";
import type { Bars } from "@/model/series";
import type { Palette } from "./palette";

/** A point of a line; without a value it is a hole. */
export type Value = SingleValueData<Time> | WhitespaceData<Time>;

const timeOf = (bars: Bars, row: number): Time => toChartSeconds(bars.times[row] as number) as unknown as Time;

/** A bar's close. */
export function pricePoint(bars: Bars, row: number): SingleValueData<Time> {
  return { time: timeOf(bars, row), value: bars.prices[row] as number };
}

/** A bar as a candle. */
export function candlePoint(bars: Bars, row: number): CandlestickData<Time> {
  const value = (column: Float64Array) => column[row] as number;
  return {
    time: timeOf(bars, row),
    open: value(bars.opens),
    high: value(bars.highs),
    low: value(bars.lows),
    close: value(bars.prices),
  };
}

/** A value of SMA9 or VWAP. */
export function valuePoint(bars: Bars, values: Float64Array, row: number): Value {
  const value = values[row] as number;
  return Number.isNaN(value) ? { time: timeOf(bars, row) } : { time: timeOf(bars, row), value };
}

/** A bar's volume, in the colour of its direction. */
export function volumePoint(bars: Bars, row: number, palette: Palette): HistogramData<Time> {
  const falls = (bars.prices[row] as number) < (bars.prices[row - 1] ?? (bars.opens[row] as number));
  return {
    time: timeOf(bars, row),
    value: bars.volumes[row] as number,
    color: falls ? palette.volumeDown : palette.volumeUp,
  };
}

/** The points of all rows. */
export function allPoints<Point>(bars: Bars, point: (row: number) => Point): Point[] {
  return Array.from(bars.times, (_, row) => point(row));
}
