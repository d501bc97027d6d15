// The README begins with this program; a test holds both equal, and the compiler checks it here.
import { compute, init } from "@alpha-kite/indicators";
import { toLine, toSeriesMarkers } from "@alpha-kite/indicators/chart";
import { createChart, createSeriesMarkers, LineSeries } from "lightweight-charts";

export async function draw(element: HTMLElement, times: Float64Array, prices: Float64Array, volumes: Float64Array) {
  await init();
  const { sma9, vwap, crosses } = compute({ times, prices, volumes }, { ticker: "QQQ", barSeconds: 60 });
  const chart = createChart(element);
  chart.addSeries(LineSeries, { color: "orange" }).setData(toLine(times, vwap));
  const line = chart.addSeries(LineSeries);
  line.setData(toLine(times, sma9));
  createSeriesMarkers(line, toSeriesMarkers(crosses));
}
