import type {
  IChartApi,
  IPrimitivePaneRenderer,
  ISeriesApi,
  ISeriesPrimitive,
  Logical,
  PrimitiveHoveredItem,
  SeriesAttachedParameter,
  SeriesType,
  Time,
} from "lightweight-charts";
import type { Palette } from "./palette";

/** Several crosses in one place. */
export interface Disc {
  readonly id: string;
  /** The bar that it stands over, and that bar's close. */
  readonly index: number;
  readonly price: number;
  readonly count: number;
}

type Target = Parameters<IPrimitivePaneRenderer["draw"]>[0];

const HEIGHT = 16;
const ABOVE_PX = 16;
const FONT = "600 10px 'Inter Variable', ui-sans-serif, system-ui, sans-serif";
const DIGIT_PX = 6.5;

const widthOf = ({ count }: Disc): number => Math.max(HEIGHT, String(count).length * DIGIT_PX + 9);

/** Draws groups of crosses as discs with their number, above the price; a disc can be clicked. */
export function createDiscs(): {
  primitive: ISeriesPrimitive<Time>;
  set(discs: readonly Disc[], palette: Palette): void;
} {
  let chart: IChartApi | undefined;
  let series: ISeriesApi<SeriesType, Time> | undefined;
  let update: (() => void) | undefined;
  let shown: readonly Disc[] = [];
  let colours: Palette | undefined;

  const placeOf = ({ index, price }: Disc): { x: number; y: number } | undefined => {
    const x = chart?.timeScale().logicalToCoordinate(index as Logical);
    const y = series?.priceToCoordinate(price);
    return x === null || x === undefined || y === null || y === undefined
      ? undefined
      : { x, y: Math.max(HEIGHT / 2 + 1, y - ABOVE_PX) };
  };

  const draw = (target: Target): void => {
    const palette = colours;
    if (palette === undefined) return;
    target.useMediaCoordinateSpace(({ context }) => {
      context.save();
      context.font = FONT;
      context.textAlign = "center";
      context.textBaseline = "middle";
      for (const disc of shown) {
        const place = placeOf(disc);
        if (place === undefined) continue;
        const width = widthOf(disc);
        context.fillStyle = palette.cluster;
        context.strokeStyle = palette.background;
        context.lineWidth = 1.5;
        context.beginPath();
        context.roundRect(place.x - width / 2, place.y - HEIGHT / 2, width, HEIGHT, HEIGHT / 2);
        context.fill();
        context.stroke();
        context.fillStyle = palette.background;
        context.fillText(String(disc.count), place.x, place.y + 0.5);
      }
      context.restore();
    });
  };

  const hitTest = (x: number, y: number): PrimitiveHoveredItem | null => {
    for (const disc of shown) {
      const place = placeOf(disc);
      if (place === undefined || Math.abs(y - place.y) > HEIGHT / 2 || Math.abs(x - place.x) > widthOf(disc) / 2)
        continue;
      return { externalId: disc.id, zOrder: "top", cursorStyle: "pointer" };
    }
    return null;
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
      hitTest,
    },
    set(discs, palette) {
      shown = discs;
      colours = palette;
      update?.();
    },
  };
}
