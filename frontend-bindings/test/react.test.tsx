import { execFileSync } from "node:child_process";
import { init, isInitialized } from "@alpha-kite/indicators";
import {
  createIndicatorsStore,
  type IndicatorsState,
  parityOf,
  useCrosses,
  useIndicators,
  useParity,
} from "@alpha-kite/indicators/react";
import { renderToString } from "react-dom/server";
import { expect, test } from "vitest";
import { doubles, engineCase, optionsOf } from "./golden.js";

const one = engineCase("session-change");
const columns = doubles(one);
const options = optionsOf(one);
const expected = one.sessions.map(({ date, rows, digest, row_digest }) => ({
  date,
  n: rows,
  digest,
  rowDigest: row_digest,
}));

function Page() {
  const state = useIndicators(columns, options);
  const crosses = useCrosses(columns, options);
  const parity = useParity(state, expected);
  return <p>{`${state.status} ${crosses.status} ${parity.status}`}</p>;
}

/** The store's next state. */
function next(store: ReturnType<typeof createIndicatorsStore>): Promise<IndicatorsState> {
  return new Promise((resolve) => {
    const stop = store.subscribe(() => {
      stop();
      resolve(store.get());
    });
  });
}

test("a server renders the loading state, and starts nothing", () => {
  expect(renderToString(<Page />)).toBe("<p>loading loading loading</p>");
  expect(isInitialized()).toBe(false);
});

test("the store loads the module, computes the latest columns only, and tells its subscribers", async () => {
  const store = createIndicatorsStore();
  expect(store.get()).toEqual({ status: "loading" });
  let told = 0;
  const stop = store.subscribe(() => {
    told += 1;
  });
  store.update(columns, { ...options, ticker: "OLD" });
  store.update(columns, options);
  const state = await next(store);
  await new Promise(setImmediate);
  expect(told).toBe(1);
  if (state.status !== "ready") throw new Error(state.status);
  expect(state.options.ticker).toBe(options.ticker);
  expect(state.result.sessions.map(({ digest }) => digest)).toEqual(one.sessions.map(({ digest }) => digest));
  expect(state.result.crosses.map(({ id }) => id)).toEqual(one.crosses.map(({ id }) => id));

  stop();
  store.update(columns, options);
  expect(told).toBe(1);
});

/** In a Node of its own, without the package's own file: what the store comes to when a page loads another one. */
function stateBeside(page: string): string {
  const script = `
    import { readFileSync } from "node:fs";
    import { init } from "@alpha-kite/indicators";
    import { createIndicatorsStore } from "@alpha-kite/indicators/react";
    const file = readFileSync("dist/alpha_kite_bg.wasm");
    const readFile = () => new Promise((_, fail) => setTimeout(fail, 50, new Error("no such file")));
    process.getBuiltinModule = () => ({ readFile });
    const after = (time, value) => new Promise((come) => setTimeout(come, time, value));
    const store = createIndicatorsStore();
    const column = new Float64Array(3);
    const columns = { times: Float64Array.of(1, 2, 3), prices: column, volumes: column };
    const update = () => store.update(columns, { ticker: "QQQ", barSeconds: 1 });
    ${page}
    await after(300);
    console.log(store.get().status);`;
  return execFileSync(process.execPath, ["--input-type=module", "--eval", script], { encoding: "utf8" }).trim();
}

test("the store waits for the file that a page loads itself", () => {
  expect(stateBeside("update();")).toBe("error");
  expect(stateBeside("init(after(200, file)); update();")).toBe("ready");
  expect(stateBeside("update(); init(file);")).toBe("ready");
});

test("errors are states, and the next columns are computed again", async () => {
  await init();
  const store = createIndicatorsStore();
  store.update({ ...columns, prices: columns.prices.map(() => -1) }, options);
  expect(store.get()).toMatchObject({ status: "error", error: { code: "price_out_of_range", index: 0 } });
  expect(parityOf(store.get(), expected)).toMatchObject({ status: "error" });
  store.update(columns, options);
  expect(store.get().status).toBe("ready");
});

test("parity", async () => {
  await init();
  const store = createIndicatorsStore();
  expect(parityOf(store.get(), expected)).toEqual({ status: "loading" });
  store.update(columns, options);
  const state = store.get();
  expect(parityOf(state, expected)).toMatchObject({ status: "equal" });
  expect(parityOf(state, [])).toEqual({ status: "behind", sessions: [] });
  const [first, ...others] = expected;
  if (first === undefined) throw new Error("no session");
  expect(parityOf(state, [{ ...first, digest: "0".repeat(16) }, ...others])).toMatchObject({ status: "different" });
  expect(parityOf(state, [{ ...first, rowDigest: "0".repeat(16) }])).toMatchObject({ status: "different" });
  expect(parityOf(state, [{ ...first, n: first.n + 1 }, ...others])).toMatchObject({ status: "behind" });
});
