import type {
  AutoscaleInfo,
  IChartApi,
  IPrimitivePaneRenderer,
  ISeriesApi,
  ISeriesPrimitive,
  Logical,
  SeriesAttachedParameter,
  SeriesType,
  Time,
} from "lightweight-charts";
import type { FormingPoint } from "@/model/series";
import type { Palette } from "./palette";

/** The bar that is not closed, and where it stands. */
export interface FormingMark {
  readonly point: FormingPoint;
  /** Its index: that after the last closed bar. */
  readonly index: number;
  /** Close of the last closed bar. */
  readonly before: number | undefined;
  readonly candles: boolean;
}

type Target = Parameters<IPrimitivePaneRenderer["draw"]>[0];

/** Draws the bar still forming: hollow and dashed, since nothing about it is settled. */
export function createFormingMark(): {
  primitive: ISeriesPrimitive<Time>;
  set(mark: FormingMark | undefined, palette: Palette): void;
} {
  let chart: IChartApi | undefined;
  let series: ISeriesApi<SeriesType, Time> | undefined;
  let update: (() => void) | undefined;
  let shown: FormingMark | undefined;
  let colour = "";

  const draw = (target: Target): void => {
    if (shown === undefined || chart === undefined || series === undefined) return;
    const { point, index, before, candles } = shown;
    const scale = chart.timeScale();
    const x = scale.logicalToCoordinate(index as Logical);
    const yOf = (price: number) => series?.priceToCoordinate(price) ?? Number.NaN;
    const last = scale.logicalToCoordinate((index - 1) as Logical);
    if (x === null || last === null) return;
    const width = Math.max(3, (x - last) * 0.7);
    target.useMediaCoordinateSpace(({ context }) => {
      context.save();
      context.strokeStyle = colour;
      context.lineWidth = 1.5;
      context.setLineDash([3, 3]);
      context.beginPath();
      if (candles) {
        const [open, close] = [yOf(point.open), yOf(point.close)];
        context.moveTo(x, yOf(point.high));
        context.lineTo(x, yOf(point.low));
        context.rect(x - width / 2, Math.min(open, close), width, Math.max(1, Math.abs(open - close)));
      } else {
        context.moveTo(last, yOf(before ?? point.close));
        context.lineTo(x, yOf(point.close));
      }
      context.stroke();
      context.setLineDash([]);
      context.beginPath();
      if (!candles) context.arc(x, yOf(point.close), 3.5, 0, 2 * Math.PI);
      context.stroke();
      // What the bar would bring if it closed now: a circle, never an arrow.
      if (point.cross !== 0) {
        context.beginPath();
        context.arc(x, yOf(point.close) + (point.cross > 0 ? 16 : -16), 4.5, 0, 2 * Math.PI);
        context.stroke();
      }
      context.restore();
    });
  };

  const autoscale = (_from: Logical, to: Logical): AutoscaleInfo | null => {
    if (shown === undefined || to < shown.index - 1) return null;
    const { low, high } = shown.point;
    return { priceRange: { minValue: low, maxValue: high } };
  };

  const views = [{ zOrder: () => "top" as const, renderer: () => ({ draw }) }];
  return {
    primitive: {
      attached(parameter: SeriesAttachedParameter<Time>) {
        chart = parameter.chart as IChartApi;
        series = parameter.series;
        update = parameter.requestUpdate;
      },
      detached() {
        chart = undefined;
        series = undefined;
      },
      paneViews: () => views,
      autoscaleInfo: autoscale,
    },
    set(mark, palette) {
      shown = mark;
      colour = palette.forming;
      update?.();
    },
  };
}
