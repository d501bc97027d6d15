import type { Cross, Direction, Provisional } from "@alpha-kite/indicators";
import { type ChartSeconds, toChartSeconds } from "./time.js";

/** A marker as `createSeriesMarkers` of lightweight-charts 5 takes it. */
export interface CrossMarker {
  time: ChartSeconds;
  position: "aboveBar" | "belowBar";
  shape: "arrowUp" | "arrowDown" | "circle";
  color: string;
  id: string;
  text: string;
  size: number;
}

/** How crosses look. */
export interface MarkerOptions {
  /** @defaultValue `"#26a69a"` */
  readonly upColor?: string;
  /** @defaultValue `"#ef5350"` */
  readonly downColor?: string;
  /** Of a cross that the bar still forming would bring. @defaultValue `"#9e9e9e"` */
  readonly provisionalColor?: string;
  /** @defaultValue `1` */
  readonly size?: number;
  /** Makes a marker's text. @defaultValue none */
  readonly text?: (cross: Pick<Cross, "time" | "direction" | "price">) => string;
}

/** The looks that are used where options are silent. */
export const markerDefaults = {
  upColor: "#26a69a",
  downColor: "#ef5350",
  provisionalColor: "#9e9e9e",
  size: 1,
  text: () => "",
} as const satisfies Required<MarkerOptions>;

/** Turns crosses into series markers: an arrow up below the bar, or an arrow down above it. */
export function toSeriesMarkers(crosses: readonly Cross[], options: MarkerOptions = {}): CrossMarker[] {
  const {
    upColor = markerDefaults.upColor,
    downColor = markerDefaults.downColor,
    size = markerDefaults.size,
    text = markerDefaults.text,
  } = options;
  return crosses.map((cross) => ({
    time: toChartSeconds(cross.time),
    position: cross.direction === "up" ? "belowBar" : "aboveBar",
    shape: cross.direction === "up" ? "arrowUp" : "arrowDown",
    color: cross.direction === "up" ? upColor : downColor,
    id: cross.id,
    text: text(cross),
    size,
  }));
}

/** The marker of what the bar still forming would bring: a grey circle, never an arrow; none without a cross. */
export function toProvisionalMarker(
  time: number,
  { cross }: Provisional,
  options: MarkerOptions = {},
): CrossMarker | undefined {
  if (cross === 0) return undefined;
  const { provisionalColor = markerDefaults.provisionalColor, size = markerDefaults.size } = options;
  const direction: Direction = cross > 0 ? "up" : "down";
  return {
    time: toChartSeconds(time),
    position: cross > 0 ? "belowBar" : "aboveBar",
    shape: "circle",
    color: provisionalColor,
    id: `provisional-${direction}`,
    text: "",
    size,
  };
}
