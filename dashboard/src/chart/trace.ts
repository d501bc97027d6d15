import type { Scales } from "./scales";

/** What several bars in one pixel's width span: their lowest, highest and last values. */
export interface Column {
  readonly x: number;
  readonly low: number;
  readonly high: number;
  readonly last: number;
}

/** How many bars share a pixel's width. */
export function barsPerPixel({ spacing, pixel }: Pick<Scales, "spacing" | "pixel">): number {
  return Math.max(1, Math.floor(pixel / spacing));
}

/**
 * Puts the values of bars that share a pixel's width together, NaN left out, so that 23,400 bars cost no more than the pane has pixels and no
 * extreme is lost. Nothing stands for a group without values.
 */
export function columnsOf(
  values: Float64Array,
  scales: Pick<Scales, "from" | "to" | "xOf" | "spacing" | "pixel">,
): (Column | undefined)[] {
  const { from, to, xOf } = scales;
  const step = barsPerPixel(scales);
  const columns: (Column | undefined)[] = [];
  // Groups begin at multiples of their length, so that a line does not flicker as bars come.
  for (let start = from - (from % step); start < to; start += step) {
    let [low, high, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN];
    for (let index = start; index < Math.min(start + step, to); index += 1) {
      const value = values[index] as number;
      if (Number.isNaN(value)) continue;
      if (value < low) low = value;
      if (value > high) high = value;
      last = value;
    }
    columns.push(Number.isNaN(last) ? undefined : { x: xOf(start), low, high, last });
  }
  return columns;
}

/** The lowest and highest of values of several columns between two indexes; nothing where there are none. */
export function spanOf(
  columns: readonly Float64Array[],
  from: number,
  to: number,
): { low: number; high: number } | undefined {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const column of columns) {
    for (let index = Math.max(0, from); index < Math.min(to, column.length); index += 1) {
      const value = column[index] as number;
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  return low <= high ? { low, high } : undefined;
}
