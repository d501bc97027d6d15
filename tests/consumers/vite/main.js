import { compute, init } from "@alpha-kite/indicators";
import { easternTickFormatter, toLine, toReferenceDots, toSeriesMarkers } from "@alpha-kite/indicators/chart";
import { createChart, createSeriesMarkers, LineSeries } from "lightweight-charts";
import { createElement } from "react";
import { flushSync } from "react-dom";
import { createRoot } from "react-dom/client";
import { LineChart, ReferenceDot, XAxis, YAxis } from "recharts";
import { columns, options } from "./case.json";

await init();
const times = Float64Array.from(columns.times);
const prices = Float64Array.from(columns.prices);
const { sma9, vwap, crosses, sessions } = compute(
  { times, prices, volumes: Float64Array.from(columns.volumes) },
  options,
);

// lightweight-charts: a canvas, which can be asked for its markers.
const timeScale = { tickMarkFormatter: easternTickFormatter };
const chart = createChart(document.getElementById("lightweight-charts"), { timeScale });
chart.addSeries(LineSeries).setData(toLine(times, vwap));
const line = chart.addSeries(LineSeries);
line.setData(toLine(times, sma9));
const markers = createSeriesMarkers(line, toSeriesMarkers(crosses)).markers();

// Recharts: elements that can be counted.
const data = crosses.map(({ time, price }) => ({ time, price }));
flushSync(() =>
  createRoot(document.getElementById("recharts")).render(
    createElement(
      LineChart,
      { width: 600, height: 300, data },
      createElement(XAxis, { dataKey: "time", type: "number", domain: ["dataMin - 1", "dataMax + 1"] }),
      createElement(YAxis, { dataKey: "price", domain: ["dataMin - 1", "dataMax + 1"] }),
      toReferenceDots(crosses).map(({ key, dot }) => createElement(ReferenceDot, { key, ...dot })),
    ),
  ),
);
let dots = 0;
for (let frame = 0; frame < 100 && dots < crosses.length; frame += 1) {
  await new Promise(requestAnimationFrame);
  dots = document.querySelectorAll(".recharts-reference-dot-dot").length;
}

const drawn = dots === markers.length ? markers.length : `${markers.length} markers, ${dots} dots`;
document.getElementById("digest").textContent = `${sessions[0].digest} ${drawn}`;
