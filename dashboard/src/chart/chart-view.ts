import {
  AreaSeries,
  CandlestickSeries,
  createChart,
  createSeriesMarkers,
  HistogramSeries,
  type ISeriesApi,
  type ISeriesMarkersPluginApi,
  LineSeries,
  type Logical,
  type Time,
} from "lightweight-charts";
import type { DayView } from "@/model/dashboard";
import { lowerBound } from "@/model/rows";
import { createBands } from "./bands";
import { type Cluster, clusterCrosses, GROUP_PREFIX } from "./clusters";
import { createDiscs } from "./discs";
import { createFormingMark } from "./forming";
import { arrowsOf, candleOptions, chartOptions, discsOf, lineOptions, priceLineOptions } from "./options";
import { PALETTES, type Theme } from "./palette";
import { allPoints, candlePoint, pricePoint, valuePoint, volumePoint } from "./points";
import { type Range, rangeOf } from "./range";

/** How the price is drawn. */
export type PriceStyle = "line" | "candles";

/** What a chart tells. */
export interface ChartEvents {
  /** The bar under the crosshair; nothing where there is none. */
  onHover(index: number | undefined): void;
  /** A cross was clicked. */
  onPick(id: string): void;
  /** The viewer took the view into their own hands. */
  onFree(): void;
}

/** A chart on a page. */
export interface ChartView {
  show(view: DayView): void;
  setStyle(style: PriceStyle): void;
  setTheme(theme: Theme): void;
  /** Keeps to a range as bars come; nothing leaves the view as it is. */
  setRange(range: Range | undefined): void;
  /** Brings a moment to the middle. */
  moveTo(time: number): void;
  /** Moves by a part of what is visible. */
  pan(part: number): void;
  /** Shows this many times as much. */
  zoom(factor: number): void;
  /** Moves the crosshair by bars. */
  step(bars: number): void;
  dispose(): void;
}

/** Crosses closer than this are drawn as one, in pixels. */
const CLUSTER_PX = 22;
/** Where bars are closer than this, one of them cannot be seen. */
const LEAST_FORMING_PX = 0.5;
/** Beyond so many new bars everything is set anew. */
const MOST_UPDATES = 400;

/** Puts a chart into an element. */
export function createChartView(element: HTMLElement, theme: Theme, style: PriceStyle, events: ChartEvents): ChartView {
  let palette = PALETTES[theme];
  let drawnStyle = style;
  let shown: DayView | undefined;
  let range: Range | undefined;
  let clusters = new Map<string, Cluster>();
  let markersKey = "";
  let markersVersion = 0;
  let hovered: number | undefined;
  let frame = 0;
  let disposed = false;

  const chart = createChart(element, { autoSize: true, ...chartOptions(palette) });
  const volume = chart.addSeries(
    HistogramSeries,
    { priceFormat: { type: "volume" }, priceLineVisible: false, lastValueVisible: false },
    1,
  );
  const vwap = chart.addSeries(LineSeries, lineOptions(palette.vwap, 2));
  const sma9 = chart.addSeries(LineSeries, lineOptions(palette.sma9, 1));
  const forming = createFormingMark();
  const discs = createDiscs();
  let price = addPrice();
  const bands = [createBands(), createBands()] as const;
  chart.panes().forEach((pane, at) => {
    const band = bands[at];
    if (band !== undefined) pane.attachPrimitive(band.primitive);
  });
  chart.panes()[0]?.setStretchFactor(5);
  chart.panes()[1]?.setStretchFactor(1);

  function addPrice(): {
    series: ISeriesApi<"Area"> | ISeriesApi<"Candlestick">;
    markers: ISeriesMarkersPluginApi<Time>;
  } {
    const series =
      drawnStyle === "line"
        ? chart.addSeries(AreaSeries, priceLineOptions(palette))
        : chart.addSeries(CandlestickSeries, candleOptions(palette));
    series.attachPrimitive(forming.primitive);
    series.attachPrimitive(discs.primitive);
    // Behind SMA9 and VWAP.
    series.setSeriesOrder(0);
    return { series, markers: createSeriesMarkers<Time>(series, [], { autoScale: false, zOrder: "top" }) };
  }

  const pointOf = ({ series: { bars } }: DayView) => {
    const point = drawnStyle === "line" ? pricePoint : candlePoint;
    return (row: number) => point(bars, row);
  };

  const setPrice = (view: DayView): void => price.series.setData(allPoints(view.series.bars, pointOf(view)) as never);

  const setAll = (view: DayView): void => {
    const { bars, sma9: means, vwap: averages } = view.series;
    setPrice(view);
    sma9.setData(allPoints(bars, (row) => valuePoint(bars, means, row)));
    vwap.setData(allPoints(bars, (row) => valuePoint(bars, averages, row)));
    volume.setData(allPoints(bars, (row) => volumePoint(bars, row, palette)));
  };

  const append = (view: DayView, from: number): void => {
    const { bars, sma9: means, vwap: averages } = view.series;
    const point = pointOf(view);
    for (let row = from; row < bars.times.length; row += 1) {
      price.series.update(point(row) as never);
      sma9.update(valuePoint(bars, means, row));
      vwap.update(valuePoint(bars, averages, row));
      volume.update(volumePoint(bars, row, palette));
    }
  };

  const drawMarks = (): void => {
    if (shown === undefined) return;
    const { series, session, gaps, barSeconds } = shown;
    const { bars } = series;
    for (const band of bands) band.set({ times: bars.times, session, gaps }, palette);
    const point = series.forming;
    const last = bars.prices.at(-1);
    const mark = point && { point, index: bars.times.length, before: last, candles: drawnStyle === "candles" };
    forming.set(mark, palette);
    element.dataset.bars = String(bars.times.length);
    element.dataset.interval = String(barSeconds);
    element.dataset.forming = String(point?.time ?? "");
  };

  const drawMarkers = (): void => {
    if (shown === undefined) return;
    const scale = chart.timeScale();
    const xOf = ({ index }: { index: number }) => scale.logicalToCoordinate(index as Logical) ?? Number.NaN;
    const found = clusterCrosses(shown.series.crosses, xOf, scale.width(), CLUSTER_PX);
    const key = `${markersVersion} ${found.map(({ id, crosses }) => `${id}${crosses.length}`).join()}`;
    if (key === markersKey) return;
    markersKey = key;
    clusters = new Map(found.map((cluster) => [cluster.id, cluster]));
    price.markers.setMarkers(arrowsOf(found, palette));
    discs.set(discsOf(found), palette);
  };

  const markersSoon = (): void => {
    if (frame !== 0) return;
    frame = requestAnimationFrame(() => {
      frame = 0;
      drawMarkers();
    });
  };

  const applyRange = (): void => {
    if (shown === undefined || range === undefined) return;
    const logical = rangeOf(range, shown.series.bars.times, shown.session, element.clientWidth);
    if (logical !== undefined) chart.timeScale().setVisibleLogicalRange(logical);
  };

  /** Pixels from one bar to the next. */
  const spacing = (): number => {
    const now = visible();
    return now === null ? 0 : chart.timeScale().width() / (now.to - now.from);
  };

  const visible = () => chart.timeScale().getVisibleLogicalRange();

  const free = (): void => {
    if (range === undefined) return;
    range = undefined;
    events.onFree();
  };

  const hover = (index: number | undefined): void => {
    hovered = index;
    events.onHover(index);
  };

  chart.timeScale().subscribeVisibleLogicalRangeChange(markersSoon);
  chart.subscribeCrosshairMove(({ logical, point, time }) => {
    const inside = point !== undefined && logical !== undefined && time !== undefined;
    hover(inside ? logical : undefined);
  });
  chart.subscribeClick(({ hoveredObjectId }) => {
    const id = String(hoveredObjectId ?? "");
    const cluster = clusters.get(id);
    const [first] = cluster?.crosses ?? [];
    if (cluster === undefined || first === undefined) return;
    if (!id.startsWith(GROUP_PREFIX)) return events.onPick(id);
    const last = cluster.crosses.at(-1) ?? first;
    const margin = Math.max(20, last.index - first.index) * 0.6;
    free();
    chart.timeScale().setVisibleLogicalRange({ from: first.index - margin, to: last.index + margin });
  });
  for (const name of ["wheel", "pointerdown", "touchstart"] as const) {
    element.addEventListener(name, free, { passive: true });
  }

  return {
    show(view) {
      const before = shown;
      shown = view;
      const drawn = before?.series.bars.times.length ?? 0;
      const count = view.series.bars.times.length;
      const sameSeries = before?.key === view.key && before.barSeconds === view.barSeconds;
      // A late row may have come in before the last one: the chart only adds at the end.
      const lastStays = before?.series.bars.times[drawn - 1] === view.series.bars.times[drawn - 1];
      const appends = sameSeries && drawn > 0 && view.changedFrom >= drawn - 1 && count >= drawn && lastStays;
      // Only the forming bar, which a dense chart has no room for, is new: it is drawn with the next one that is stored.
      const same = sameSeries && before.series.bars === view.series.bars && before.gaps === view.gaps;
      if (same && spacing() < LEAST_FORMING_PX) return;
      if (!same && appends && count - drawn <= MOST_UPDATES) append(view, Math.min(view.changedFrom, count));
      else if (!same) setAll(view);
      drawMarks();
      if (same) return;
      applyRange();
      markersSoon();
    },
    setStyle(next) {
      if (next === drawnStyle) return;
      drawnStyle = next;
      chart.removeSeries(price.series);
      price = addPrice();
      markersVersion += 1;
      if (shown === undefined) return;
      setPrice(shown);
      drawMarks();
      drawMarkers();
    },
    setTheme(next) {
      palette = PALETTES[next];
      chart.applyOptions(chartOptions(palette));
      sma9.applyOptions(lineOptions(palette.sma9, 1));
      vwap.applyOptions(lineOptions(palette.vwap, 2));
      if (drawnStyle === "line") (price.series as ISeriesApi<"Area">).applyOptions(priceLineOptions(palette));
      else (price.series as ISeriesApi<"Candlestick">).applyOptions(candleOptions(palette));
      markersVersion += 1;
      if (shown === undefined) return;
      setAll(shown);
      drawMarks();
      drawMarkers();
    },
    setRange(next) {
      range = next;
      applyRange();
    },
    moveTo(time) {
      if (shown === undefined) return;
      free();
      const index = lowerBound(shown.series.bars.times, time);
      const now = visible();
      const width = Math.min(now === null ? 240 : now.to - now.from, 240);
      chart.timeScale().setVisibleLogicalRange({ from: index - width / 2, to: index + width / 2 });
      crosshairSoon(index);
    },
    pan(part) {
      const now = visible();
      if (now === null) return;
      free();
      const by = (now.to - now.from) * part;
      chart.timeScale().setVisibleLogicalRange({ from: now.from + by, to: now.to + by });
    },
    zoom(factor) {
      const now = visible();
      if (now === null) return;
      free();
      const middle = hovered ?? (now.from + now.to) / 2;
      const width = Math.max(8, (now.to - now.from) * factor);
      const left = ((middle - now.from) / (now.to - now.from)) * width;
      chart.timeScale().setVisibleLogicalRange({ from: middle - left, to: middle - left + width });
    },
    step(by) {
      if (shown === undefined) return;
      const last = shown.series.bars.times.length - 1;
      const index = Math.max(0, Math.min(last, (hovered ?? (by < 0 ? last + 1 : last)) + by));
      const now = visible();
      if (now !== null && (index < now.from || index > now.to)) {
        free();
        const half = (now.to - now.from) / 2;
        chart.timeScale().setVisibleLogicalRange({ from: index - half, to: index + half });
        crosshairSoon(index);
      } else showCrosshair(index);
    },
    dispose() {
      disposed = true;
      cancelAnimationFrame(frame);
      chart.remove();
    },
  };

  /** The chart takes a new range in its next frame; before that a crosshair would be put where the bar was. */
  function crosshairSoon(index: number): void {
    hover(index);
    requestAnimationFrame(() => requestAnimationFrame(() => showCrosshair(index)));
  }

  function showCrosshair(index: number): void {
    const bars = shown?.series.bars;
    if (disposed || bars === undefined || index >= bars.times.length) return;
    const point = pricePoint(bars, index);
    chart.setCrosshairPosition(point.value, point.time, price.series);
    hover(index);
  }
}
