export { type CrossDot, toReferenceDots } from "./dots.js";
export { type LinePoint, toLine, toPoints } from "./lines.js";
export {
  type CrossMarker,
  type MarkerOptions,
  markerDefaults,
  toProvisionalMarker,
  toSeriesMarkers,
} from "./markers.js";
export {
  type ChartSeconds,
  type EasternStyle,
  easternLabel,
  easternTickFormatter,
  easternTimeFormatter,
  toChartSeconds,
} from "./time.js";
