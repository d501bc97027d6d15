// Compiled, never run: what the declarations of the built package allow, and what they refuse.
import {
  type Columns,
  type Cross,
  compute,
  createEngine,
  IndicatorsError,
  init,
  type Result,
} from "@alpha-kite/indicators";
import {
  easternTickFormatter,
  easternTimeFormatter,
  toLine,
  toReferenceDots,
  toSeriesMarkers,
} from "@alpha-kite/indicators/chart";
import { useCrosses, useIndicators, useParity } from "@alpha-kite/indicators/react";
import { followBars, readBars } from "@alpha-kite/indicators/supabase";
import { createClient } from "@supabase/supabase-js";
import { createChart, createSeriesMarkers, LineSeries, type UTCTimestamp } from "lightweight-charts";

declare const times: Float64Array;
declare const prices: Float64Array;
declare const bigints: BigInt64Array;
declare const volumes: Float64Array;
declare const element: HTMLElement;

const options = { ticker: "QQQ", barSeconds: 60 };
const columns: Columns = { times, prices, volumes };
const result: Result = compute(columns, options);
compute(
  { times: bigints, prices: bigints, volumes: bigints, highs: bigints, lows: bigints },
  { ...options, basis: "hlc3" },
);

// @ts-expect-error ordinary arrays are no columns
compute({ times: [1], prices: [1], volumes: [1] }, options);
// @ts-expect-error doubles of 32 bits are no prices
compute({ times, prices: new Float32Array(1), volumes }, options);
// @ts-expect-error volumes are missing
compute({ times, prices }, options);
// @ts-expect-error the ticker is missing
compute(columns, { barSeconds: 60 });
// @ts-expect-error no such basis
compute(columns, { ...options, basis: "ohlc4" });
// @ts-expect-error a result is not written to
result.sma9 = prices;

const id: string | undefined = result.crosses[0]?.id;
const direction: Cross["direction"] = "up";
// @ts-expect-error directions are up and down
const sideways: Cross["direction"] = "sideways";

const engine = createEngine(options);
const cross: -1 | 0 | 1 = engine.push(0, 1, 1);
// @ts-expect-error times are numbers of milliseconds
engine.push(new Date(), 1, 1);
// @ts-expect-error values are read only
engine.sma9 = 1;
// @ts-expect-error what a forming bar would bring is no cross
const confirmed: Cross = engine.peek(0, 1, 1);

void init();
void init(new URL("https://example.com/alpha_kite_bg.wasm"));
void init(fetch("alpha_kite_bg.wasm"));

const error = new IndicatorsError("disposed", "gone");
if (error.code === "disposed") void error.cause;
// @ts-expect-error no such code
if (error.code === "gone") void error;

// Markers, lines and formatters are what lightweight-charts takes.
const chart = createChart(element, {
  localization: { timeFormatter: easternTimeFormatter },
  timeScale: { tickMarkFormatter: easternTickFormatter },
});
const line = chart.addSeries(LineSeries);
line.setData(toLine(times, result.sma9));
createSeriesMarkers(line, toSeriesMarkers(result.crosses));
const seconds: UTCTimestamp | undefined = toSeriesMarkers(result.crosses)[0]?.time;
const dot: { x: number; y: number } | undefined = toReferenceDots(result.crosses)[0]?.dot;

export function Hooks() {
  const state = useIndicators(columns, options);
  const crosses = useCrosses(columns, options);
  const parity = useParity(state, []);
  // @ts-expect-error there is no result before the status says so
  void state.result;
  if (crosses.status === "ready") void crosses.crosses[0]?.id;
  if (parity.status === "different") void parity.sessions[0]?.expected;
  return null;
}

interface Database {
  public: { Tables: Record<string, never>; Views: Record<string, never>; Functions: Record<string, never> };
}
void readBars(createClient("http://localhost", "key"), { ticker: "QQQ" });
void readBars(createClient<Database>("http://localhost", "key"), { ticker: "QQQ", from: 0 });
// @ts-expect-error times are numbers of milliseconds
void readBars(createClient("http://localhost", "key"), { ticker: "QQQ", from: "2019-02-11" });
const stop: () => void = followBars(createClient("http://localhost", "key"), { ticker: "QQQ" }, { onRows() {} });

export { confirmed, cross, direction, dot, id, seconds, sideways, stop };
