"use client";

import { type KeyboardEvent, type Ref, useEffect, useImperativeHandle, useRef, useState } from "react";
import { type ChartView, createChartView, type PriceStyle } from "@/chart/chart-view";
import { RANGES, type Range } from "@/chart/range";
import type { Dashboard, DashboardState } from "@/model/dashboard";
import { intervalText } from "@/model/format";
import { INTERVALS } from "@/model/selection";
import { ChartStates } from "./chart-states";
import { IconButton, Segments } from "./controls";
import { Icon } from "./icons";
import { Legend, spokenBar } from "./legend";
import { remember, remembered, useTheme } from "./theme";

/** What other parts of the page can ask of the chart. */
export interface ChartHandle {
  moveTo(time: number): void;
}

const STYLE_KEY = "alpha-kite-style";
const RANGE_TEXTS: Record<Range, { text: string; name: string }> = {
  "15m": { text: "15m", name: "Last 15 minutes" },
  "1h": { text: "1h", name: "Last hour" },
  session: { text: "Session", name: "The regular session" },
  day: { text: "Day", name: "The whole day, extended hours too" },
};
const KEY_HELP =
  "Left and right move along the day, plus and minus zoom, Home and End go to its ends, comma and full stop step from bar to bar, zero goes back to the chosen range.";

/** The chart with its controls. */
export function ChartCard({
  ref,
  dashboard,
  state,
  onInterval,
  onDate,
  onPick,
}: {
  ref: Ref<ChartHandle>;
  dashboard: Dashboard | undefined;
  state: DashboardState;
  onInterval: (barSeconds: number) => void;
  onDate: (date: string | undefined) => void;
  onPick: (id: string) => void;
}) {
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<ChartView>(undefined);
  const picks = useRef(onPick);
  picks.current = onPick;
  const [theme] = useTheme();
  const [style, setStyle] = useState<PriceStyle>("line");
  const [range, setRange] = useState<Range>("session");
  const [free, setFree] = useState(false);
  const [hovered, setHovered] = useState<number>();
  const [spoken, setSpoken] = useState("");
  const { view } = state;

  useEffect(() => {
    if (box.current === null || dashboard === undefined) return;
    const made = createChartView(box.current, theme, style, {
      onHover: setHovered,
      onPick: (id) => picks.current(id),
      onFree: () => setFree(true),
    });
    chart.current = made;
    made.setRange(range);
    let last = dashboard.get().view;
    if (last !== undefined) made.show(last);
    // Past React: the chart has to see every view, since each tells what changed since the one before.
    const stop = dashboard.subscribe(() => {
      const next = dashboard.get().view;
      if (next !== undefined && next !== last) made.show(next);
      last = next;
    });
    return () => {
      stop();
      made.dispose();
      chart.current = undefined;
    };
    // Later changes of theme, style and range are told to the chart that is there.
  }, [dashboard]);

  useEffect(() => {
    if (remembered(STYLE_KEY) === "candles") changeStyle("candles");
  }, []);
  useEffect(() => chart.current?.setTheme(theme), [theme]);

  // Another day or interval begins with the range that was chosen.
  const shown = view && `${view.key.ticker} ${view.key.date} ${view.barSeconds}`;
  useEffect(() => {
    setHovered(undefined);
    if (shown !== undefined) changeRange(range);
  }, [shown]);

  useImperativeHandle(ref, () => ({ moveTo: (time) => chart.current?.moveTo(time) }), []);

  function changeStyle(next: PriceStyle): void {
    setStyle(next);
    remember(STYLE_KEY, next);
    chart.current?.setStyle(next);
  }

  function changeRange(next: Range): void {
    setRange(next);
    setFree(false);
    chart.current?.setRange(next);
  }

  const keys: Record<string, () => void> = {
    ArrowLeft: () => chart.current?.pan(-0.1),
    ArrowRight: () => chart.current?.pan(0.1),
    ArrowUp: () => chart.current?.zoom(0.7),
    ArrowDown: () => chart.current?.zoom(1.4),
    "+": () => chart.current?.zoom(0.7),
    "=": () => chart.current?.zoom(0.7),
    "-": () => chart.current?.zoom(1.4),
    "0": () => changeRange(range),
    Home: () => chart.current?.moveTo(view?.series.bars.times[0] ?? 0),
    End: () => chart.current?.moveTo(view?.series.bars.times.at(-1) ?? 0),
    ",": () => chart.current?.step(-1),
    ".": () => chart.current?.step(1),
    "<": () => chart.current?.step(-10),
    ">": () => chart.current?.step(10),
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const act = event.ctrlKey || event.metaKey || event.altKey ? undefined : keys[event.key];
    if (act === undefined) return;
    event.preventDefault();
    act();
  };
  useEffect(() => {
    // Spoken only where the chart has the focus, so that a mouse makes no noise.
    if (hovered !== undefined && view !== undefined && document.activeElement === box.current) {
      setSpoken(spokenBar(view, hovered));
    }
  }, [hovered, view]);

  const intervals = INTERVALS.map((value) => ({
    value,
    text: intervalText(value),
    name: `Bars of ${value === 1 ? "one second" : value === 60 ? "one minute" : "five minutes"}`,
    testId: `interval-${intervalText(value)}`,
    disabled: view !== undefined && !view.intervals.includes(value),
  }));
  return (
    <section aria-label="Chart" className="flex min-h-0 flex-col rounded-xl border border-line bg-card">
      <div className="flex flex-wrap items-center gap-1.5 px-2.5 py-2 sm:gap-2">
        <Segments
          label="Interval"
          value={view?.barSeconds ?? state.barSeconds}
          options={intervals}
          onChange={onInterval}
        />
        <Segments
          label="Range"
          value={free ? undefined : range}
          options={RANGES.map((value) => ({ value, ...RANGE_TEXTS[value], testId: `range-${value}` }))}
          onChange={changeRange}
        />
        <div className="ml-auto flex items-center gap-1">
          <div className="flex max-sm:hidden">
            <IconButton label="Zoom out" testId="zoom-out" onClick={() => chart.current?.zoom(1.6)}>
              <Icon name="minus" />
            </IconButton>
            <IconButton label="Zoom in" testId="zoom-in" onClick={() => chart.current?.zoom(0.6)}>
              <Icon name="plus" />
            </IconButton>
          </div>
          <Segments
            label="Price as"
            value={style}
            options={[
              { value: "line", text: <Icon name="line" />, name: "Price as a line", testId: "style-line" },
              { value: "candles", text: <Icon name="candles" />, name: "Price as candles", testId: "style-candles" },
            ]}
            onChange={changeStyle}
          />
        </div>
      </div>
      {view !== undefined && view.rows > 0 && <Legend view={view} index={hovered} />}
      <div className="relative min-h-0 flex-1">
        <div
          ref={box}
          role="application"
          aria-label={`Chart of ${state.ticker ?? "the ticker"}: price, SMA9, session VWAP and their crosses`}
          aria-describedby="chart-keys"
          data-testid="chart"
          data-crosses={view?.series.crosses.length}
          data-last-time={view?.lastTime}
          data-rows={view?.rows}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: it takes keys
          tabIndex={0}
          onKeyDown={onKeyDown}
          className="absolute inset-0 overflow-hidden rounded-b-xl"
        />
        <span className="pointer-events-none absolute right-3 bottom-1.5 z-10 font-semibold text-[11px] text-soft">
          ET
        </span>
        <p id="chart-keys" className="sr-only">
          {KEY_HELP}
        </p>
        <p className="sr-only" aria-live="polite">
          {spoken}
        </p>
        <ChartStates dashboard={dashboard} state={state} onDate={onDate} />
      </div>
    </section>
  );
}
