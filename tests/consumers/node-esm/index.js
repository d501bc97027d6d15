import { readFileSync } from "node:fs";
import { compute, init } from "@alpha-kite/indicators";
import { toSeriesMarkers } from "@alpha-kite/indicators/chart";

const { columns, options } = JSON.parse(readFileSync("case.json", "utf8"));
await init();
const { sessions, crosses } = compute(
  {
    times: Float64Array.from(columns.times),
    prices: Float64Array.from(columns.prices),
    volumes: Float64Array.from(columns.volumes),
  },
  options,
);
console.log(sessions[0].digest, toSeriesMarkers(crosses).length);
