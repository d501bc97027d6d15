import type { Columns, Options } from "@alpha-kite/indicators";
import input from "../case.json";

export const options: Options = { ticker: input.options.ticker, barSeconds: input.options.barSeconds };
export const columns: Columns = {
  times: Float64Array.from(input.columns.times),
  prices: Float64Array.from(input.columns.prices),
  volumes: Float64Array.from(input.columns.volumes),
};
