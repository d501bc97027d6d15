const { readFileSync } = require("node:fs");
const { compute, init } = require("@alpha-kite/indicators");
const { toSeriesMarkers } = require("@alpha-kite/indicators/chart");

const { columns, options } = JSON.parse(readFileSync("case.json", "utf8"));
init().then(() => {
  const { sessions, crosses } = compute(
    {
      times: Float64Array.from(columns.times),
      prices: Float64Array.from(columns.prices),
      volumes: Float64Array.from(columns.volumes),
    },
    options,
  );
  console.log(sessions[0].digest, toSeriesMarkers(crosses).length);
});
