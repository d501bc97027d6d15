import type { Session } from "@alpha-kite/indicators";
import type {
  IChartApi,
  IPanePrimitive,
  IPrimitivePaneRenderer,
  Logical,
  PaneAttachedParameter,
  Time,
} from "lightweight-charts";
import { lowerBound } from "@/model/rows";
import type { Gap } from "@/source/types";
import type { Palette } from "./palette";

/** What the background shows. */
export interface Background {
  readonly times: Float64Array;
  readonly session: Session | undefined;
  readonly gaps: readonly Gap[];
}

type Target = Parameters<IPrimitivePaneRenderer["draw"]>[0];

/** A gap is never narrower than this, in pixels, since an axis of bars has no place for time without any. */
const LEAST_GAP_WIDTH = 3;
const HATCH = 6;

/** Shades the hours outside the regular session, and hatches gaps, behind everything else in a pane. */
export function createBands(): {
  primitive: IPanePrimitive<Time>;
  set(background: Background, palette: Palette): void;
} {
  let chart: IChartApi | undefined;
  let update: (() => void) | undefined;
  let shown: Background | undefined;
  let colours: Palette | undefined;

  /** The left edge of the bar with an index, in pixels. */
  const edgeOf = (index: number): number => {
    // The axis knows whole bars only.
    const xOf = (bar: number) => chart?.timeScale().logicalToCoordinate(bar as Logical) ?? Number.NaN;
    return (xOf(index - 1) + xOf(index)) / 2;
  };

  const draw = (target: Target): void => {
    if (shown === undefined || colours === undefined) return;
    const { times, session, gaps } = shown;
    const palette = colours;
    target.useMediaCoordinateSpace(({ context, mediaSize: { width, height } }) => {
      const fill = (from: number, to: number, colour: string) => {
        const [left, right] = [Math.max(from, 0), Math.min(to, width)];
        context.fillStyle = colour;
        if (right > left) context.fillRect(left, 0, right - left, height);
      };
      if (session === undefined) fill(0, width, palette.extended);
      else {
        const [open, close] = [lowerBound(times, session.start), lowerBound(times, session.end)];
        if (open > 0) fill(0, edgeOf(open), palette.extended);
        if (close < times.length) fill(edgeOf(close), width, palette.extended);
        for (const index of [open > 0 ? open : -1, close < times.length ? close : -1]) {
          if (index >= 0) dash(context, edgeOf(index), height, palette.edge);
        }
      }
      for (const gap of gaps) {
        const from = edgeOf(lowerBound(times, gap.startedAt));
        const to = gap.endedAt === undefined ? edgeOf(times.length) : edgeOf(lowerBound(times, gap.endedAt));
        const extra = Math.max(0, LEAST_GAP_WIDTH - (to - from)) / 2;
        if (to + extra < 0 || from - extra > width) continue;
        hatch(context, from - extra, to + extra, height, gap.state === "repaired" ? palette.gap : palette.gapOpen);
      }
    });
  };

  const renderer: IPrimitivePaneRenderer = { draw: () => {}, drawBackground: draw };
  const views = [{ zOrder: () => "bottom" as const, renderer: () => renderer }];
  return {
    primitive: {
      attached(parameter: PaneAttachedParameter<Time>) {
        chart = parameter.chart as IChartApi;
        update = parameter.requestUpdate;
      },
      detached() {
        chart = undefined;
      },
      paneViews: () => views,
    },
    set(background, palette) {
      shown = background;
      colours = palette;
      update?.();
    },
  };
}

function dash(context: CanvasRenderingContext2D, x: number, height: number, colour: string): void {
  context.save();
  context.strokeStyle = colour;
  context.setLineDash([3, 4]);
  context.beginPath();
  context.moveTo(Math.round(x) + 0.5, 0);
  context.lineTo(Math.round(x) + 0.5, height);
  context.stroke();
  context.restore();
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
