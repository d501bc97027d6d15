import { createChart, HistogramSeries, LineSeries, type Time } from "lightweight-charts";
import type { DayView } from "@/model/dashboard";
import { lowerBound } from "@/model/rows";
import { drawGaps, drawHours } from "./background";
import { type Cluster, clusterCrosses, GROUP_PREFIX } from "./clusters";
import { drawCrosses, drawForming, type Mark, markAt } from "./marks";
import { chartOptions, labelOptions, priceOptions } from "./options";
import { PALETTES, type Theme } from "./palette";
import { drawPrices, drawVolumes, type PriceStyle } from "./plot";
import { pointOf } from "./points";
import { type Range, rangeOf } from "./range";
import { createLayer, type Scales, scalesOf } from "./scales";
import { spanOf } from "./trace";

export type { PriceStyle };

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
/** Beyond so many new bars everything is set anew. */
const MOST_UPDATES = 400;
/** Where bars are closer than this, in pixels, one of them cannot be seen. */
const LEAST_FORMING_PX = 0.5;
/** A range that is kept to is set again once it is off by this much. */
const LEAST_MOVE_PX = 0.75;

/**
 * Puts a chart into an element.
 *
 * Axes, crosshair, zoom and pan are the library's. A series that is not visible gives it the times of all bars, and series of few points
 * put the newest values on the price axis. What is drawn are layers over the day's typed arrays, since the library makes an object of every
 * bar of every series whenever one bar is added.
 */
export function createChartView(element: HTMLElement, theme: Theme, style: PriceStyle, events: ChartEvents): ChartView {
  let palette = PALETTES[theme];
  let priceStyle = style;
  let shown: DayView | undefined;
  let range: Range | undefined;
  let clusters: Cluster[] = [];
  let marks: Mark[] = [];
  let hovered: number | undefined;
  let disposed = false;

  const chart = createChart(element, { autoSize: true, ...chartOptions(palette) });
  const axis = chart.addSeries(LineSeries, { visible: false });
  const price = chart.addSeries(LineSeries, {
    ...priceOptions(palette),
    autoscaleInfoProvider: () => priceSpan(),
  });
  const nothing = { autoscaleInfoProvider: () => null };
  const vwap = chart.addSeries(LineSeries, { ...labelOptions(palette.vwap), ...nothing });
  const sma9 = chart.addSeries(LineSeries, { ...labelOptions(palette.sma9), ...nothing });
  const volume = chart.addSeries(
    HistogramSeries,
    {
      priceFormat: { type: "volume" },
      color: "transparent",
      priceLineVisible: false,
      lastValueVisible: false,
      autoscaleInfoProvider: () => volumeSpan(),
    },
    1,
  );

  const layers = [
    layer("bottom", price, (context, scales, view) => {
      drawHours(context, scales, view.series.bars.times, view.session, palette);
      drawGaps(context, scales, view.series.bars.times, view.gaps, palette);
    }),
    layer("normal", price, (context, scales, view) => {
      drawPrices(context, scales, view.series, priceStyle, palette);
      const { forming } = view.series;
      if (forming !== undefined) drawForming(context, scales, forming, view.series, priceStyle, palette);
    }),
    createLayer(
      "normal",
      (context, size, pixel) => {
        const scales = shown && scalesOf(chart, price, shown.series.bars.times.length, size, pixel);
        if (shown === undefined || scales === undefined) return;
        clusters = clusterCrosses(shown.series.crosses, ({ index }) => scales.xOf(index), size.width, CLUSTER_PX);
        marks = drawCrosses(context, scales, clusters, shown.series, palette);
      },
      (x, y) => {
        const mark = markAt(marks, x, y);
        return mark === undefined ? null : { externalId: mark.id, zOrder: "top", cursorStyle: "pointer" };
      },
    ),
  ];
  const volumeLayers = [
    layer("bottom", volume, (context, scales, view) => {
      drawHours(context, scales, view.series.bars.times, view.session, palette);
      drawGaps(context, scales, view.series.bars.times, view.gaps, palette);
    }),
    layer("normal", volume, (context, scales, view) => drawVolumes(context, scales, view.series, palette)),
  ];
  const [prices, volumes] = chart.panes();
  for (const { primitive } of layers) prices?.attachPrimitive(primitive);
  for (const { primitive } of volumeLayers) volumes?.attachPrimitive(primitive);
  prices?.setStretchFactor(5);
  volumes?.setStretchFactor(1);

  function layer(
    level: "bottom" | "normal",
    series: typeof price | typeof volume,
    draw: (context: CanvasRenderingContext2D, scales: Scales, view: DayView) => void,
  ) {
    return createLayer(level, (context, size, pixel) => {
      const scales = shown && scalesOf(chart, series, shown.series.bars.times.length, size, pixel);
      if (shown !== undefined && scales !== undefined) draw(context, scales, shown);
    });
  }

  function visibleBars(): [number, number] {
    const now = visible();
    return now === null ? [0, 0] : [Math.floor(now.from), Math.ceil(now.to) + 1];
  }

  function priceSpan() {
    if (shown === undefined) return null;
    const { bars, sma9: means, vwap: averages, forming } = shown.series;
    const [from, to] = visibleBars();
    const extremes = priceStyle === "line" ? [bars.prices] : [bars.highs, bars.lows];
    const span = spanOf([...extremes, means, averages], from, to);
    const edge = forming !== undefined && to > bars.times.length ? [forming.low, forming.high] : [];
    if (span === undefined && edge.length === 0) return null;
    const all = span === undefined ? edge : [span.low, span.high, ...edge];
    return { priceRange: { minValue: Math.min(...all), maxValue: Math.max(...all) } };
  }

  function volumeSpan() {
    const span = shown && spanOf([shown.series.bars.volumes], ...visibleBars());
    return span === undefined ? null : { priceRange: { minValue: 0, maxValue: span.high } };
  }

  /** The series that put values on the price axis, and the values. */
  const labels = ({ series }: DayView) =>
    [
      [price, series.bars.prices],
      [sma9, series.sma9],
      [vwap, series.vwap],
      [volume, series.bars.volumes],
    ] as const;

  /** The last bar before `end` that has a value. */
  const lastWith = (values: Float64Array, end: number): number => {
    let row = end - 1;
    while (row >= 0 && Number.isNaN(values[row] as number)) row -= 1;
    return row;
  };

  const setAll = (view: DayView): void => {
    const { bars } = view.series;
    axis.setData(Array.from(bars.times, (_, row) => pointOf(bars, bars.prices, row)));
    for (const [series, values] of labels(view)) {
      const row = lastWith(values, bars.times.length);
      series.setData(row < 0 ? [] : [pointOf(bars, values, row)]);
    }
  };

  const append = (view: DayView, from: number): void => {
    const { bars } = view.series;
    for (let row = from; row < bars.times.length; row += 1) axis.update(pointOf(bars, bars.prices, row));
    const last = bars.times.length - 1;
    for (const [series, values] of labels(view)) {
      if (last >= from && !Number.isNaN(values[last] as number)) series.update(pointOf(bars, values, last));
    }
  };

  const redraw = (): void => {
    for (const { redraw: ask } of [...layers, ...volumeLayers]) ask();
  };

  const tell = ({ series, barSeconds }: DayView): void => {
    element.dataset.bars = String(series.bars.times.length);
    element.dataset.interval = String(barSeconds);
    element.dataset.forming = String(series.forming?.time ?? "");
  };

  const applyRange = (): void => {
    if (shown === undefined || range === undefined) return;
    const logical = rangeOf(range, shown.series.bars.times, shown.session, element.clientWidth);
    const now = visible();
    if (logical === undefined) return;
    // A range is drawn twice by the library, which goes along with new bars by itself: less than a pixel is left to it.
    const moved =
      now === null
        ? Number.POSITIVE_INFINITY
        : Math.max(Math.abs(now.from - logical.from), Math.abs(now.to - logical.to));
    if (moved * spacing() >= LEAST_MOVE_PX) chart.timeScale().setVisibleLogicalRange(logical);
  };

  function visible() {
    return chart.timeScale().getVisibleLogicalRange();
  }

  /** Pixels from one bar to the next. */
  const spacing = (): number => {
    const now = visible();
    return now === null ? 0 : chart.timeScale().width() / (now.to - now.from);
  };

  /** Whether a view that reaches the newest bar goes along with it. */
  const goAlong = (shiftVisibleRangeOnNewBar: boolean): void =>
    chart.timeScale().applyOptions({ shiftVisibleRangeOnNewBar });

  const free = (): void => {
    if (range === undefined) return;
    range = undefined;
    events.onFree();
  };

  const hover = (index: number | undefined): void => {
    hovered = index;
    events.onHover(index);
  };

  chart.subscribeCrosshairMove(({ logical, point, time }) => {
    const inside = point !== undefined && logical !== undefined && time !== undefined;
    hover(inside ? logical : undefined);
  });
  chart.subscribeClick(({ hoveredObjectId }) => {
    const id = String(hoveredObjectId ?? "");
    const cluster = clusters.find((one) => one.id === id);
    const [first] = cluster?.crosses ?? [];
    if (cluster === undefined || first === undefined) return;
    if (!id.startsWith(GROUP_PREFIX)) return events.onPick(id);
    const last = cluster.crosses.at(-1) ?? first;
    const margin = Math.max(20, last.index - first.index) * 0.6;
    free();
    chart.timeScale().setVisibleLogicalRange({ from: first.index - margin, to: last.index + margin });
  });
  for (const name of ["wheel", "pointerdown", "touchstart"] as const) {
    const take = () => {
      goAlong(true);
      free();
    };
    element.addEventListener(name, take, { passive: true });
  }

  /** The chart takes a new range in its next frame; before that a crosshair would be put where the bar was. */
  function crosshairSoon(index: number): void {
    // What is looked at stays where it is.
    goAlong(false);
    hover(index);
    requestAnimationFrame(() => requestAnimationFrame(() => showCrosshair(index)));
  }

  function showCrosshair(index: number): void {
    const bars = shown?.series.bars;
    if (disposed || bars === undefined || index >= bars.times.length) return;
    const point = pointOf(bars, bars.prices, index);
    chart.setCrosshairPosition(point.value, point.time as Time, price);
    hover(index);
  }

  return {
    show(view) {
      const before = shown;
      shown = view;
      tell(view);
      const drawn = before?.series.bars.times.length ?? 0;
      const count = view.series.bars.times.length;
      const sameSeries = before?.key === view.key && before.barSeconds === view.barSeconds;
      // Only the forming bar, which a dense chart has no room for, is new: it is drawn with the next one that is stored.
      const same = sameSeries && before.series.bars === view.series.bars && before.gaps === view.gaps;
      if (same) {
        if (spacing() >= LEAST_FORMING_PX) redraw();
        return;
      }
      // A late row may have come in before the last one: the library only adds at the end.
      const lastStays = before?.series.bars.times[drawn - 1] === view.series.bars.times[drawn - 1];
      const appends = sameSeries && drawn > 0 && view.changedFrom >= drawn - 1 && count >= drawn && lastStays;
      const from = Math.min(view.changedFrom, count);
      if (!appends || count - drawn > MOST_UPDATES) setAll(view);
      else if (from < count) append(view, from);
      // New points draw all layers; a layer's own request would draw them twice, since the library lays the panes out again then.
      else redraw();
      applyRange();
    },
    setStyle(next) {
      priceStyle = next;
      redraw();
    },
    setTheme(next) {
      palette = PALETTES[next];
      chart.applyOptions(chartOptions(palette));
      price.applyOptions(priceOptions(palette));
      sma9.applyOptions(labelOptions(palette.sma9));
      vwap.applyOptions(labelOptions(palette.vwap));
      redraw();
    },
    setRange(next) {
      range = next;
      goAlong(true);
      applyRange();
    },
    moveTo(time) {
      if (shown === undefined) return;
      free();
      const { times } = shown.series.bars;
      const index = Math.min(lowerBound(times, time), times.length - 1);
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
      chart.remove();
    },
  };
}
