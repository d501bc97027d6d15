import { easternTickFormatter, easternTimeFormatter } from "@alpha-kite/indicators/chart";
import { ColorType, CrosshairMode, LineStyle } from "lightweight-charts";
import type { Palette } from "./palette";

const PRICE_FORMAT = { type: "price", precision: 2, minMove: 0.01 } as const;

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
      tickMarkFormatter: easternTickFormatter,
    },
    crosshair: {
      mode: CrosshairMode.Normal,
      vertLine: { color: palette.crosshair, labelBackgroundColor: palette.label },
      horzLine: { color: palette.crosshair, labelBackgroundColor: palette.label },
    },
    localization: { timeFormatter: easternTimeFormatter, locale: "en-US" },
    handleScale: { axisPressedMouseMove: true, mouseWheel: true, pinch: true },
  };
}

/** Options of a series that only puts its newest value on the price axis; its line is drawn by the page. */
export function labelOptions(color: string) {
  return {
    color,
    lineVisible: false,
    pointMarkersVisible: false,
    crosshairMarkerVisible: false,
    priceLineVisible: false,
    lastValueVisible: true,
    priceFormat: PRICE_FORMAT,
  } as const;
}

/** The same for the price, which has a dotted line across the chart as well. */
export function priceOptions(palette: Palette) {
  return { ...labelOptions(palette.price), priceLineVisible: true, priceLineStyle: LineStyle.Dotted } as const;
}
