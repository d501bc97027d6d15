import type { Cross } from "@alpha-kite/indicators";
import { type MarkerOptions, markerDefaults } from "./markers.js";

/** Properties of a Recharts `<ReferenceDot>`; `x` is in milliseconds. Give `key` apart: `<ReferenceDot key={key} {...dot} />`. */
export interface CrossDot {
  key: string;
  dot: {
    x: number;
    y: number;
    r: number;
    fill: string;
    stroke: string;
    ifOverflow: "hidden";
  };
}

/** Turns crosses into reference dots at the bar's close. */
export function toReferenceDots(crosses: readonly Cross[], options: MarkerOptions = {}): CrossDot[] {
  const {
    upColor = markerDefaults.upColor,
    downColor = markerDefaults.downColor,
    size = markerDefaults.size,
  } = options;
  return crosses.map(({ id, time, price, direction }) => ({
    key: id,
    dot: {
      x: time,
      y: price,
      r: 4 * size,
      fill: direction === "up" ? upColor : downColor,
      stroke: "none",
      ifOverflow: "hidden",
    },
  }));
}
