import type { FormingPoint, Series } from "@/model/series";
import type { Cluster } from "./clusters";
import type { Palette } from "./palette";
import type { PriceStyle } from "./plot";
import type { Scales } from "./scales";

const DISC_PX = 16;
const DIGIT_PX = 6.5;
const ABOVE_PX = 16;
const ARROW_PX = 11;
const FONT = "600 10px 'Inter Variable', ui-sans-serif, system-ui, sans-serif";

/** A mark on the chart: where it is, and how large. */
export interface Mark {
  readonly id: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Draws crosses: one as an arrow, up below the price and down above it; several as a disc with their number. Returns where. */
export function drawCrosses(
  context: CanvasRenderingContext2D,
  scales: Scales,
  clusters: readonly Cluster[],
  series: Series,
  palette: Palette,
): Mark[] {
  const { xOf, yOf } = scales;
  const marks: Mark[] = [];
  context.font = FONT;
  context.textAlign = "center";
  context.textBaseline = "middle";
  for (const { id, crosses } of clusters) {
    const cross = crosses[crosses.length >> 1];
    if (cross === undefined) continue;
    const x = xOf(cross.index);
    if (crosses.length === 1) {
      const up = cross.direction === "up";
      const y = up
        ? yOf(series.bars.lows[cross.index] ?? cross.price) + ABOVE_PX
        : yOf(series.bars.highs[cross.index] ?? cross.price) - ABOVE_PX;
      arrow(context, x, y, up, up ? palette.up : palette.down, palette.background);
      marks.push({ id, x, y, width: ARROW_PX + 4, height: ARROW_PX + 8 });
    } else {
      const width = Math.max(DISC_PX, String(crosses.length).length * DIGIT_PX + 9);
      const y = Math.max(DISC_PX / 2 + 1, yOf(cross.price) - ABOVE_PX);
      disc(context, x, y, width, crosses.length, palette);
      marks.push({ id, x, y, width, height: DISC_PX });
    }
  }
  return marks;
}

/** The mark under a point. */
export function markAt(marks: readonly Mark[], x: number, y: number): Mark | undefined {
  return marks.findLast((mark) => Math.abs(x - mark.x) <= mark.width / 2 && Math.abs(y - mark.y) <= mark.height / 2);
}

function arrow(
  context: CanvasRenderingContext2D,
  x: number,
  y: number,
  up: boolean,
  colour: string,
  edge: string,
): void {
  const way = up ? -1 : 1;
  const half = ARROW_PX / 2;
  context.beginPath();
  context.moveTo(x, y + way * (half + 2));
  context.lineTo(x + half, y);
  context.lineTo(x + half / 2.4, y);
  context.lineTo(x + half / 2.4, y - way * (half + 1));
  context.lineTo(x - half / 2.4, y - way * (half + 1));
  context.lineTo(x - half / 2.4, y);
  context.lineTo(x - half, y);
  context.closePath();
  context.fillStyle = colour;
  context.strokeStyle = edge;
  context.lineWidth = 1.5;
  context.stroke();
  context.fill();
}

function disc(
  context: CanvasRenderingContext2D,
  x: number,
  y: number,
  width: number,
  count: number,
  palette: Palette,
): void {
  context.fillStyle = palette.cluster;
  context.strokeStyle = palette.background;
  context.lineWidth = 1.5;
  context.beginPath();
  context.roundRect(x - width / 2, y - DISC_PX / 2, width, DISC_PX, DISC_PX / 2);
  context.fill();
  context.stroke();
  context.fillStyle = palette.background;
  context.fillText(String(count), x, y + 0.5);
}

/** Draws the bar still forming, hollow and dashed, since nothing about it is settled; a cross that it would bring is a circle, never an arrow. */
export function drawForming(
  context: CanvasRenderingContext2D,
  scales: Scales,
  point: FormingPoint,
  { bars }: Series,
  style: PriceStyle,
  palette: Palette,
): void {
  const { xOf, yOf, spacing } = scales;
  const index = bars.times.length;
  const [x, y] = [xOf(index), yOf(point.close)];
  context.strokeStyle = palette.forming;
  context.lineWidth = 1.5;
  context.setLineDash([3, 3]);
  context.beginPath();
  if (style === "candles") {
    const width = Math.max(3, spacing * 0.7);
    const [open, close] = [yOf(point.open), y];
    context.moveTo(x, yOf(point.high));
    context.lineTo(x, yOf(point.low));
    context.rect(x - width / 2, Math.min(open, close), width, Math.max(1, Math.abs(open - close)));
  } else {
    context.moveTo(xOf(index - 1), yOf(bars.prices.at(-1) ?? point.close));
    context.lineTo(x, y);
  }
  context.stroke();
  context.setLineDash([]);
  context.beginPath();
  if (style === "line") context.arc(x, y, 3.5, 0, 2 * Math.PI);
  context.stroke();
  if (point.cross === 0) return;
  context.beginPath();
  context.arc(x, y + (point.cross > 0 ? 16 : -16), 4.5, 0, 2 * Math.PI);
  context.stroke();
}
