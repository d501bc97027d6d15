"use client";

import { easternLabel } from "@alpha-kite/indicators/chart";
import type { DayView } from "@/model/dashboard";
import { intervalText, NONE, priceText, shortText, valueText } from "@/model/format";

/** What the legend says of one bar. */
interface BarText {
  readonly time: string;
  readonly forming: boolean;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
  readonly sma9: number;
  readonly vwap: number;
  readonly cross: number;
}

/** The values of the bar under the crosshair; without one, of the newest. */
export function Legend({ view, index }: { view: DayView; index: number | undefined }) {
  const bar = barText(view, index);
  if (bar === undefined) return null;
  const { open, high, low, close } = bar;
  return (
    <div
      data-testid="legend"
      data-forming={bar.forming}
      className="flex min-h-12 flex-wrap content-start items-center gap-x-3 gap-y-0.5 px-3.5 pb-1 text-[11px] tabular-nums sm:min-h-6"
    >
      <span className="font-semibold">
        {bar.time} ET <span className="font-medium text-soft">· {intervalText(view.barSeconds)}</span>
        {bar.forming && <span className="ml-1.5 rounded border border-soft border-dashed px-1 text-soft">forming</span>}
      </span>
      <span className="flex gap-x-2.5">
        {Object.entries({ O: open, H: high, L: low, C: close }).map(([name, price]) => (
          <span key={name}>
            <span className="text-soft">{name}</span> {priceText(price)}
          </span>
        ))}
      </span>
      <span>
        <span className="text-soft">Vol</span> {shortText(bar.volume)}
      </span>
      <span className="text-sma9" data-testid="legend-sma9">
        <span className="font-semibold">SMA9</span> {value(bar.sma9)}
      </span>
      <span className="text-vwap" data-testid="legend-vwap">
        <span className="font-semibold">VWAP</span> {value(bar.vwap)}
      </span>
      {bar.cross !== 0 && (
        <span className={`font-semibold ${bar.cross > 0 ? "text-up" : "text-down"}`}>
          {bar.cross > 0 ? "▲ cross up" : "▼ cross down"}
          {bar.forming && "?"}
        </span>
      )}
    </div>
  );
}

const value = (number: number): string => (Number.isNaN(number) ? NONE : valueText(number));

/** The legend's text for those who cannot see it. */
export function spokenBar(view: DayView, index: number): string {
  const bar = barText(view, index);
  if (bar === undefined) return "";
  const cross = bar.cross === 0 ? "" : `, cross ${bar.cross > 0 ? "up" : "down"}`;
  return `${bar.time} Eastern, price ${priceText(bar.close)}, SMA9 ${value(bar.sma9)}, VWAP ${value(bar.vwap)}${cross}`;
}

function barText({ series, barSeconds, over }: DayView, index: number | undefined): BarText | undefined {
  const { bars, forming } = series;
  const label = (time: number) => easternLabel(time, barSeconds % 60 === 0 ? "minute" : "time");
  if (forming !== undefined && (index === undefined || index >= bars.times.length)) {
    return { ...forming, time: label(forming.time), forming: true };
  }
  const last = bars.times.length - 1;
  // After the close the session's last bar says more than the last one of the evening.
  const newest = over && series.summary !== undefined ? series.first + series.summary.n - 1 : last;
  const row = Math.min(index ?? newest, last);
  if (row < 0) return undefined;
  const at = (column: Float64Array) => column[row] as number;
  return {
    time: label(at(bars.times)),
    forming: false,
    open: at(bars.opens),
    high: at(bars.highs),
    low: at(bars.lows),
    close: at(bars.prices),
    volume: at(bars.volumes),
    sma9: at(series.sma9),
    vwap: at(series.vwap),
    cross: series.cross[row] as number,
  };
}
