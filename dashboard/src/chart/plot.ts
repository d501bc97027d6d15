import type { Series } from "@/model/series";
import type { Palette } from "./palette";
import type { Scales } from "./scales";
import { barsPerPixel, type Column, columnsOf } from "./trace";

/** How the price is drawn. */
export type PriceStyle = "line" | "candles";

/** Bars narrower than this have no body: their range is drawn. */
const LEAST_BODY_PX = 2.5;
const BODY_PART = 0.7;
/** From so many bars in a pixel's width on, a line is drawn as what it spans. */
const DENSE_BARS = 3;
/** Width of the steps of a dense area's edge. */
const AREA_PIXELS = 4;

/** Draws price, VWAP and SMA9. The library's own series make an object of every bar whenever one is added; these are typed arrays. */
export function drawPrices(
  context: CanvasRenderingContext2D,
  scales: Scales,
  series: Series,
  style: PriceStyle,
  palette: Palette,
): void {
  context.lineJoin = "round";
  if (style === "candles") drawCandles(context, scales, series, palette);
  else drawArea(context, scales, series, palette);
  drawLine(context, scales, series.vwap, palette.vwap, 2);
  drawSwings(context, scales, series.sma9, palette.sma9, 1.5);
}

/** Strokes a line through the last value of every column. */
function drawLine(
  context: CanvasRenderingContext2D,
  scales: Scales,
  values: Float64Array,
  colour: string,
  width: number,
): void {
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.beginPath();
  trace(context, columnsOf(values, scales), scales);
  context.stroke();
}

/** Draws a line that swings: where several bars share a pixel its whole span is filled, which costs far less than stroking it. */
function drawSwings(
  context: CanvasRenderingContext2D,
  scales: Scales,
  values: Float64Array,
  colour: string,
  width: number,
): void {
  if (barsPerPixel(scales) < DENSE_BARS) {
    drawLine(context, scales, values, colour, width);
    return;
  }
  const { yOf, pixel } = scales;
  context.fillStyle = colour;
  let before: number | undefined;
  for (const column of columnsOf(values, scales)) {
    if (column !== undefined) {
      const high = Math.max(column.high, before ?? column.high);
      const low = Math.min(column.low, before ?? column.low);
      const top = snap(yOf(high), pixel);
      context.fillRect(snap(column.x, pixel), top, pixel, Math.max(pixel, snap(yOf(low), pixel) - top));
    }
    before = column?.last;
  }
}

function trace(
  pen: Pick<Path2D, "moveTo" | "lineTo">,
  columns: readonly (Column | undefined)[],
  { yOf }: Scales,
): void {
  let joined = false;
  for (const column of columns) {
    if (column !== undefined) {
      if (joined) pen.lineTo(column.x, yOf(column.last));
      else pen.moveTo(column.x, yOf(column.last));
    }
    joined = column !== undefined;
  }
}

/** The edge of the screen's pixel that a place is in. */
function snap(place: number, pixel: number): number {
  return Math.round(place / pixel) * pixel;
}

function drawArea(
  context: CanvasRenderingContext2D,
  scales: Scales,
  { bars: { prices } }: Series,
  palette: Palette,
): void {
  const { height } = scales;
  // The line hides the area's edge, so that a rough one will do: every corner costs.
  const dense = barsPerPixel(scales) >= DENSE_BARS;
  const columns = columnsOf(prices, dense ? { ...scales, pixel: scales.pixel * AREA_PIXELS } : scales);
  const [first, last] = [columns.find(Boolean), columns.findLast(Boolean)];
  if (first === undefined || last === undefined) return;
  const area = new Path2D();
  trace(area, columns, scales);
  area.lineTo(last.x, height);
  area.lineTo(first.x, height);
  area.closePath();
  const gradient = context.createLinearGradient(0, 0, 0, height);
  gradient.addColorStop(0, palette.priceTop);
  gradient.addColorStop(1, palette.priceBottom);
  context.fillStyle = gradient;
  context.fill(area);
  drawSwings(context, scales, prices, palette.price, 1);
}

function drawCandles(context: CanvasRenderingContext2D, scales: Scales, { bars }: Series, palette: Palette): void {
  const { from, to, xOf, yOf, spacing, pixel } = scales;
  const { opens, highs, lows, prices } = bars;
  const body = spacing >= LEAST_BODY_PX ? Math.max(pixel, spacing * BODY_PART) : 0;
  const step = barsPerPixel(scales);
  const [rising, falling] = [new Path2D(), new Path2D()];
  const thin = body === 0 ? Math.max(pixel, Math.min(1, spacing)) : Math.max(pixel, Math.min(1.5, spacing / 4));
  for (let start = from - (from % step); start < to; start += step) {
    const end = Math.min(start + step, to) - 1;
    let [low, high] = [lows[start] as number, highs[start] as number];
    for (let index = start + 1; index <= end; index += 1) {
      low = Math.min(low, lows[index] as number);
      high = Math.max(high, highs[index] as number);
    }
    const [open, close] = [opens[start] as number, prices[end] as number];
    const path = close < open ? falling : rising;
    const x = xOf(start);
    path.rect(x - thin / 2, yOf(high), thin, Math.max(pixel, yOf(low) - yOf(high)));
    if (body > 0) {
      const top = yOf(Math.max(open, close));
      path.rect(x - body / 2, top, body, Math.max(1, yOf(Math.min(open, close)) - top));
    }
  }
  context.fillStyle = palette.up;
  context.fill(rising);
  context.fillStyle = palette.down;
  context.fill(falling);
}

/** Draws volumes from the bottom up, in the colour of the price's direction; of several in a pixel's width the largest. */
export function drawVolumes(
  context: CanvasRenderingContext2D,
  scales: Scales,
  { bars }: Series,
  palette: Palette,
): void {
  const { from, to, xOf, yOf, spacing, pixel, height } = scales;
  const { volumes, prices } = bars;
  const step = barsPerPixel(scales);
  const width = Math.max(pixel, spacing * step * (spacing > 3 ? BODY_PART : 1));
  for (let start = from - (from % step); start < to; start += step) {
    const end = Math.min(start + step, to);
    let largest = start;
    for (let index = start + 1; index < end; index += 1) {
      if ((volumes[index] as number) > (volumes[largest] as number)) largest = index;
    }
    const falls = (prices[largest] as number) < (prices[largest - 1] ?? (bars.opens[largest] as number));
    const top = snap(yOf(volumes[largest] as number), pixel);
    context.fillStyle = falls ? palette.volumeDown : palette.volumeUp;
    context.fillRect(snap(xOf(start) - width / 2, pixel), top, width, Math.max(0, height - top));
  }
}
