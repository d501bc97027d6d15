import type {
  IChartApi,
  IPanePrimitive,
  IPrimitivePaneRenderer,
  ISeriesApi,
  Logical,
  PaneAttachedParameter,
  SeriesType,
  Time,
} from "lightweight-charts";

/** What things are drawn on. */
export type Target = Parameters<IPrimitivePaneRenderer["draw"]>[0];

/** Where bars and prices are in a pane, in pixels. Both axes are linear. */
export interface Scales {
  /** Centre of the bar with an index. */
  xOf(index: number): number;
  yOf(value: number): number;
  /** Pixels from one bar to the next. */
  readonly spacing: number;
  /** Indexes of the first bar that can be seen, and of the first one after those that can. */
  readonly from: number;
  readonly to: number;
  readonly width: number;
  readonly height: number;
  /** Length of a pixel of the screen. */
  readonly pixel: number;
}

/** The scales of the pane that a series is in, for `count` bars; nothing while there is nothing to scale. */
export function scalesOf(
  chart: IChartApi,
  series: ISeriesApi<SeriesType, Time>,
  count: number,
  { width, height }: { width: number; height: number },
  pixel: number,
): Scales | undefined {
  const time = chart.timeScale();
  const range = time.getVisibleLogicalRange();
  const [x0, x1] = [time.logicalToCoordinate(0 as Logical), time.logicalToCoordinate(1 as Logical)];
  const [top, bottom] = [series.coordinateToPrice(0), series.coordinateToPrice(height)];
  if (range === null || x0 === null || x1 === null || top === null || bottom === null || top === bottom)
    return undefined;
  const spacing = x1 - x0;
  const slope = height / ((bottom as number) - (top as number));
  return {
    xOf: (index) => x0 + index * spacing,
    yOf: (value) => (value - (top as number)) * slope,
    spacing,
    from: Math.max(0, Math.floor(range.from) - 1),
    to: Math.min(count, Math.ceil(range.to) + 2),
    width,
    height,
    pixel,
  };
}

/** A layer of a pane. */
export interface Layer {
  readonly primitive: IPanePrimitive<Time>;
  /** Asks for the pane to be drawn again. */
  redraw(): void;
}

/** Makes a layer that `draw` fills; `level` says what it lies over. */
export function createLayer(
  level: "bottom" | "normal" | "top",
  draw: (context: CanvasRenderingContext2D, size: { width: number; height: number }, pixel: number) => void,
  hitTest?: IPanePrimitive<Time>["hitTest"],
): Layer {
  let update: (() => void) | undefined;
  const paint = (target: Target): void =>
    target.useMediaCoordinateSpace(({ context, mediaSize }) => {
      context.save();
      draw(context, mediaSize, 1 / (globalThis.devicePixelRatio || 1));
      context.restore();
    });
  const renderer: IPrimitivePaneRenderer =
    level === "bottom" ? { draw: () => {}, drawBackground: paint } : { draw: paint };
  const views = [{ zOrder: () => level, renderer: () => renderer }];
  return {
    primitive: {
      attached(parameter: PaneAttachedParameter<Time>) {
        update = parameter.requestUpdate;
      },
      detached() {
        update = undefined;
      },
      paneViews: () => views,
      ...(hitTest !== undefined && { hitTest }),
    },
    redraw: () => update?.(),
  };
}
