import type { Session } from "@alpha-kite/indicators";
import { lowerBound } from "@/model/rows";
import type { Gap } from "@/source/types";
import type { Palette } from "./palette";
import type { Scales } from "./scales";

/** A gap is never narrower than this, in pixels, since an axis of bars has no place for time without any. */
const LEAST_GAP_WIDTH = 3;
const HATCH = 6;

/** Shades the hours outside the regular session. */
export function drawHours(
  context: CanvasRenderingContext2D,
  scales: Scales,
  times: Float64Array,
  session: Session | undefined,
  palette: Palette,
): void {
  const { width, height } = scales;
  const fill = (from: number, to: number) => {
    const [left, right] = [Math.max(from, 0), Math.min(to, width)];
    context.fillStyle = palette.extended;
    if (right > left) context.fillRect(left, 0, right - left, height);
  };
  if (session === undefined) {
    fill(0, width);
    return;
  }
  const [open, close] = [lowerBound(times, session.start), lowerBound(times, session.end)];
  if (open > 0) {
    fill(0, edgeOf(scales, open));
    dash(context, edgeOf(scales, open), height, palette.edge);
  }
  if (close < times.length) {
    fill(edgeOf(scales, close), width);
    dash(context, edgeOf(scales, close), height, palette.edge);
  }
}

/** Hatches gaps: one colour where they are repaired, another where they are not. */
export function drawGaps(
  context: CanvasRenderingContext2D,
  scales: Scales,
  times: Float64Array,
  gaps: readonly Gap[],
  palette: Palette,
): void {
  for (const gap of gaps) {
    const from = edgeOf(scales, lowerBound(times, gap.startedAt));
    const to = edgeOf(scales, gap.endedAt === undefined ? times.length : lowerBound(times, gap.endedAt));
    const extra = Math.max(0, LEAST_GAP_WIDTH - (to - from)) / 2;
    const [left, right] = [Math.max(from - extra, -HATCH), Math.min(to + extra, scales.width + HATCH)];
    if (left < right)
      hatch(context, left, right, scales.height, gap.state === "repaired" ? palette.gap : palette.gapOpen);
  }
}

/** The left edge of a bar. */
function edgeOf({ xOf, spacing }: Scales, index: number): number {
  return xOf(index) - spacing / 2;
}

function dash(context: CanvasRenderingContext2D, x: number, height: number, colour: string): void {
  context.strokeStyle = colour;
  context.lineWidth = 1;
  context.setLineDash([3, 4]);
  context.beginPath();
  context.moveTo(Math.round(x) + 0.5, 0);
  context.lineTo(Math.round(x) + 0.5, height);
  context.stroke();
  context.setLineDash([]);
}

function hatch(context: CanvasRenderingContext2D, left: number, right: number, height: number, colour: string): void {
  context.save();
  context.beginPath();
  context.rect(left, 0, right - left, height);
  context.clip();
  context.strokeStyle = colour;
  context.lineWidth = 1.5;
  context.beginPath();
  for (let x = left - height; x < right; x += HATCH) {
    context.moveTo(x, height);
    context.lineTo(x + height, 0);
  }
  context.stroke();
  context.fillStyle = colour;
  context.globalAlpha = 0.35;
  context.fillRect(left, 0, right - left, height);
  context.restore();
}
