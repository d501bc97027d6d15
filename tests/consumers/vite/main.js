import { compute, init } from "@alpha-kite/indicators";
import { toSeriesMarkers } from "@alpha-kite/indicators/chart";
import { columns, options } from "./case.json";

await init();
const { sessions, crosses } = compute(
  {
    times: Float64Array.from(columns.times),
    prices: Float64Array.from(columns.prices),
    volumes: Float64Array.from(columns.volumes),
  },
  options,
);
document.getElementById("digest").textContent = `${sessions[0].digest} ${toSeriesMarkers(crosses).length}`;
