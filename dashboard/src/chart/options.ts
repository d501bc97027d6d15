import { easternLabel, easternTimeFormatter, toSeriesMarkers } from "@alpha-kite/indicators/chart";
import { ColorType, CrosshairMode, LineStyle, type SeriesMarker, TickMarkType, type Time } from "lightweight-charts";
import type { Cluster } from "./clusters";
import type { Disc } from "./discs";
import type { Palette } from "./palette";

const PRICE_FORMAT = { type: "price", precision: 2, minMove: 0.01 } as const;

/** A cross that stands alone is an arrow. */
export function arrowsOf(clusters: readonly Cluster[], palette: Palette): SeriesMarker<Time>[] {
  const alone = clusters.flatMap(({ crosses }) => (crosses.length === 1 ? crosses : []));
  return toSeriesMarkers(alone, { upColor: palette.up, downColor: palette.down, size: 1.1 }) as never;
}

/** Crosses that stand together are a disc with their number. */
export function discsOf(clusters: readonly Cluster[]): Disc[] {
  return clusters.flatMap(({ id, crosses }) => {
    const middle = crosses[crosses.length >> 1];
    return crosses.length === 1 || middle === undefined
      ? []
      : [{ id, index: middle.index, price: middle.price, count: crosses.length }];
  });
}

/** Options of the chart as a whole. */
export function chartOptions(palette: Palette) {
  return {
    layout: {
      background: { type: ColorType.Solid, color: palette.background },
      textColor: palette.text,
      fontFamily: "Inter Variable, ui-sans-serif, system-ui, sans-serif",
      fontSize: 11,
      attributionLogo: false,
      panes: { separatorColor: palette.border, separatorHoverColor: palette.grid, enableResize: true },
    },
    grid: { vertLines: { color: palette.grid }, horzLines: { color: palette.grid } },
    rightPriceScale: { borderVisible: false, scaleMargins: { top: 0.12, bottom: 0.08 }, minimumWidth: 64 },
    timeScale: {
      borderColor: palette.border,
      timeVisible: true,
      secondsVisible: true,
      minBarSpacing: 0.002,
      rightOffset: 4,
      enableConflation: true,
      // A chart shows one day: every mark is a time of it.
      tickMarkFormatter: (seconds: Time, type: TickMarkType) =>
        easternLabel(Number(seconds) * 1000, type === TickMarkType.TimeWithSeconds ? "time" : "minute"),
    },
    crosshair: {
      mode: CrosshairMode.Normal,
      vertLine: { color: palette.crosshair, labelBackgroundColor: palette.label },
      horzLine: { color: palette.crosshair, labelBackgroundColor: palette.label },
    },
    localization: { timeFormatter: easternTimeFormatter, locale: "en-US" },
    // The page has its own keys and buttons beside these.
    handleScale: { axisPressedMouseMove: true, mouseWheel: true, pinch: true },
  };
}

/** Options of SMA9 and VWAP. */
export function lineOptions(color: string, lineWidth: 1 | 2) {
  return {
    color,
    lineWidth,
    priceLineVisible: false,
    lastValueVisible: true,
    crosshairMarkerRadius: 3,
    priceFormat: PRICE_FORMAT,
  } as const;
}

/** Options of the price as a line. */
export function priceLineOptions(palette: Palette) {
  return {
    lineColor: palette.price,
    topColor: palette.priceTop,
    bottomColor: palette.priceBottom,
    lineWidth: 1,
    priceLineStyle: LineStyle.Dotted,
    priceFormat: PRICE_FORMAT,
  } as const;
}

/** Options of the price as candles. */
export function candleOptions(palette: Palette) {
  return {
    upColor: palette.up,
    downColor: palette.down,
    wickUpColor: palette.up,
    wickDownColor: palette.down,
    borderVisible: false,
    priceLineStyle: LineStyle.Dotted,
    priceFormat: PRICE_FORMAT,
  } as const;
}
