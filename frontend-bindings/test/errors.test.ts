import {
  type Columns,
  compute,
  createEngine,
  createResidentColumns,
  type ErrorCode,
  IndicatorsError,
  init,
  isRegularSession,
  MAX_ROWS,
  type Options,
  parsePrice,
  resample,
  sessionOf,
  sessionsBetween,
  signalId,
} from "@alpha-kite/indicators";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { bits, doubles, engineCase, integers, optionsOf, part, thrownBy } from "./golden.js";

const one = engineCase("session-change");
const good = doubles(one);
const options = optionsOf(one);

beforeAll(() => init());

/** After every refusal the module computes as before. */
afterEach(() => {
  const { sma9, sessions } = compute(good, options);
  expect(bits(sma9)).toEqual(one.sma9);
  expect(sessions.map(({ digest }) => digest)).toEqual(one.sessions.map(({ digest }) => digest));
});

function changed(column: "times" | "prices" | "volumes" | "highs", row: number, value: number): Columns {
  const columns = { ...good, [column]: good[column].slice() };
  columns[column][row] = value;
  return columns;
}

/** As many zeros as the address space wants: pages that nobody reads take no memory. */
const zeros = (rows: number) => new Float64Array(rows);

const refused: [string, Columns, Partial<Options>, ErrorCode, number | undefined][] = [
  ["NaN as price", changed("prices", 5, Number.NaN), {}, "not_a_number", 5],
  ["infinite price", changed("prices", 5, Number.POSITIVE_INFINITY), {}, "not_a_number", 5],
  ["negative price", changed("prices", 6, -0.01), {}, "price_out_of_range", 6],
  ["price above ten million", changed("prices", 6, 10_000_000.01), {}, "price_out_of_range", 6],
  ["NaN as high", changed("highs", 7, Number.NaN), { basis: "hlc3" }, "not_a_number", 7],
  ["NaN as volume", changed("volumes", 0, Number.NaN), {}, "not_a_number", 0],
  ["negative volume", changed("volumes", 1, -1), {}, "volume_out_of_range", 1],
  ["half a share", changed("volumes", 2, 26.5), {}, "fractional_shares", 2],
  ["too many shares in a row", changed("volumes", 3, 1e13 + 2), {}, "volume_out_of_range", 3],
  ["NaN as time", changed("times", 4, Number.NaN), {}, "not_a_time", 4],
  ["half a millisecond", changed("times", 4, (good.times[4] ?? 0) + 0.5), {}, "not_a_time", 4],
  ["unsorted times", changed("times", 9, good.times[7] ?? 0), {}, "out_of_order", 9],
  ["a time twice", changed("times", 9, good.times[8] ?? 0), {}, "out_of_order", 9],
  ["fewer prices", { ...good, prices: good.prices.slice(1) }, {}, "column_lengths", undefined],
  ["fewer opens", { ...good, opens: good.opens.slice(1) }, {}, "column_lengths", undefined],
  ["no prices", { ...good, prices: undefined as never }, {}, "bad_argument", undefined],
  ["ordinary array", { ...good, prices: [...good.prices] as never }, {}, "bad_argument", undefined],
  ["prices of 32 bits", { ...good, prices: Float32Array.from(good.prices) as never }, {}, "bad_argument", undefined],
  ["highs without lows", { ...good, opens: undefined, lows: undefined }, {}, "bad_argument", undefined],
  ["opens without highs", { ...good, highs: undefined, lows: undefined }, {}, "bad_argument", undefined],
  ["two kinds of prices", { ...good, highs: integers(one).highs }, {}, "bad_argument", undefined],
  ["no columns", null as never, {}, "bad_argument", undefined],
  [
    "hlc3 of closes",
    { times: good.times, prices: good.prices, volumes: good.volumes },
    { basis: "hlc3" },
    "missing_range",
    undefined,
  ],
  ["unknown basis", good, { basis: "ohlc4" as never }, "unknown_name", undefined],
  ["lower-case ticker", good, { ticker: "qqq" }, "unknown_ticker", undefined],
  ["empty ticker", good, { ticker: "" }, "unknown_ticker", undefined],
  ["no ticker", good, { ticker: undefined as never }, "bad_argument", undefined],
  ["bars of 59 s", good, { barSeconds: 59 }, "unknown_interval", undefined],
  ["bars of 2^32 + 60 s", good, { barSeconds: 2 ** 32 + 60 }, "unknown_interval", undefined],
  ["bars of 1.5 s", good, { barSeconds: 1.5 }, "unknown_interval", undefined],
  [
    "more rows than fit",
    { times: zeros(MAX_ROWS + 1), prices: zeros(MAX_ROWS + 1), volumes: zeros(MAX_ROWS + 1) },
    {},
    "too_large",
    undefined,
  ],
];

describe.each(refused)("%s", (_, columns, change, code, index) => {
  const expected = index === undefined ? { code } : { code, index };

  test("batch", () => {
    const error = thrownBy(() => compute(columns, { ...options, ...change }));
    expect(error).toBeInstanceOf(IndicatorsError);
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject(expected);
    expect((error as Error).message.length).toBeGreaterThan(10);
  });

  test("engine, whose state stays", () => {
    const error = thrownBy(() => {
      const engine = createEngine({ ...options, ...change });
      try {
        engine.pushColumns(part(good, 0, 3));
        const before = engine.snapshot();
        try {
          engine.pushColumns(columns === null ? columns : columns);
        } finally {
          expect(engine.snapshot()).toEqual(before);
        }
      } finally {
        engine.dispose();
      }
    });
    // Rows that the engine has had already come too early, whatever else is wrong with later ones.
    const codes: unknown[] = index === undefined ? [code, "out_of_order"] : [code, "out_of_order", "missing_range"];
    expect(codes).toContain((error as IndicatorsError).code);
  });
});

test("a row far down is named, and many rows before it are taken back", () => {
  const rows = 30_000;
  const columns = {
    times: Float64Array.from({ length: rows }, (_, row) => 1549890000000 + row * 300),
    prices: new Float64Array(rows).fill(600),
    volumes: new Float64Array(rows).fill(10),
  };
  columns.prices[29_000] = -1;
  expect(thrownBy(() => compute(columns, options))).toMatchObject({ code: "price_out_of_range", index: 29_000 });
  const engine = createEngine({ ...options, basis: "close" });
  const before = engine.snapshot();
  expect(thrownBy(() => engine.pushColumns(columns))).toMatchObject({ code: "price_out_of_range", index: 29_000 });
  expect(engine.snapshot()).toEqual(before);
  columns.prices[29_000] = 600;
  engine.pushColumns(columns);
  expect(engine.vwap).toBe(600);
  engine.dispose();
});

test("ten million rows", () => {
  const rows = 10_000_000;
  const columns = {
    times: Float64Array.from({ length: rows }, (_, row) => row * 1000),
    prices: new Float64Array(rows).fill(600),
    volumes: new Float64Array(rows).fill(10),
  };
  const { sma9, cross, sessions } = compute(columns, { ticker: "QQQ", barSeconds: 1 });
  expect(sma9.length).toBe(rows);
  expect(cross.length).toBe(rows);
  // They begin in 1970, before the first session that is known.
  expect(sessions).toEqual([]);
});

test("a session with too much volume", () => {
  const columns = { ...good, volumes: good.volumes.map(() => 1e13) };
  expect(thrownBy(() => compute(columns, options))).toMatchObject({ code: "session_volume_out_of_range", index: 1 });
});

describe("an engine", () => {
  const [time = 0, later = 0] = good.times;
  const refusedBars: [string, number[], ErrorCode][] = [
    ["NaN as price", [later, Number.NaN, 1], "not_a_number"],
    ["negative price", [later, -1, 1], "price_out_of_range"],
    ["half a share", [later, 1, 0.5], "fractional_shares"],
    ["half a millisecond", [later + 0.5, 1, 1], "not_a_time"],
    ["an earlier bar", [time, 1, 1], "out_of_order"],
    ["a text", [later, "1" as never, 1], "bad_argument"],
    ["a bigint", [later, 1n as never, 1], "bad_argument"],
    ["nothing", [], "bad_argument"],
  ];

  test.each(refusedBars)("refuses %s", (_, bar, code) => {
    const engine = createEngine({ ...options, basis: "close" });
    engine.push(time, 600, 10);
    const before = engine.snapshot();
    expect(thrownBy(() => engine.push(...(bar as [number, number, number])))).toMatchObject({ code });
    expect(thrownBy(() => engine.peek(...(bar as [number, number, number])))).toMatchObject({ code });
    expect(engine.snapshot()).toEqual(before);
    engine.dispose();
  });

  test("wants highs and lows in the basis hlc3", () => {
    const engine = createEngine({ ...options, basis: "hlc3" });
    expect(thrownBy(() => engine.push(time, 600, 10))).toMatchObject({ code: "missing_range" });
    engine.push(time, 600, 10, 603, 597);
    expect(engine.vwap).toBe(600);
    engine.dispose();
  });

  test.each([
    ["null", null],
    ["a bigint", 1n],
    ["a text", "603"],
  ])("refuses %s as high or low", (_, wrong) => {
    for (const basis of ["close", "hlc3"] as const) {
      const engine = createEngine({ ...options, basis });
      engine.push(time, 600, 10, 603, 597);
      const before = engine.snapshot();
      for (const [high, low] of [
        [wrong, 597],
        [603, wrong],
      ] as [never, never][]) {
        for (const call of [engine.push, engine.peek]) {
          expect(thrownBy(() => (call as typeof engine.push).call(engine, later, 600, 10, high, low))).toMatchObject({
            code: "bad_argument",
          });
        }
      }
      expect(engine.snapshot()).toEqual(before);
      expect(engine.vwap).toBe(600);
      engine.dispose();
    }
  });

  test("is not made without options", () => {
    for (const none of [undefined, null, 7]) {
      expect(thrownBy(() => createEngine(none as never))).toMatchObject({ code: "bad_argument" });
    }
  });

  test("keeps the last values and cross when columns are refused", () => {
    const engine = createEngine(options);
    const { index = 0 } = one.crosses[0] ?? {};
    const bar = (row: number) =>
      [good.times, good.prices, good.volumes, good.highs, good.lows].map((column) => column[row]) as [
        number,
        number,
        number,
      ];
    for (let row = 0; row <= index; row += 1) engine.push(...bar(row));
    const known = () => [engine.sma9, engine.vwap, engine.lastCross, engine.session];
    const before = known();
    expect(before[2]).toMatchObject({ id: one.crosses[0]?.id });
    expect(before).not.toContain(Number.NaN);
    expect(thrownBy(() => engine.pushColumns(part(good, 0, 3)))).toMatchObject({ code: "out_of_order" });
    expect(known()).toEqual(before);
    expect(thrownBy(() => engine.push("1" as never, 1, 1))).toMatchObject({ code: "bad_argument" });
    expect(thrownBy(() => engine.push(time, 1, 1, 1n as never, 1))).toMatchObject({ code: "bad_argument" });
    expect(known()).toEqual(before);
    engine.dispose();
  });

  test("peeks without a trace", () => {
    const engine = createEngine({ ...options, basis: "close" });
    engine.push(time, 600, 10);
    expect(engine.peek(later, 700, 10)).toEqual({ provisional: true, sma9: Number.NaN, vwap: 650, cross: 0 });
    expect(engine.vwap).toBe(600);
    engine.dispose();
  });

  test("has no values outside sessions", () => {
    const engine = createEngine({ ...options, basis: "close" });
    expect(engine.session).toBeUndefined();
    engine.push(time, 600, 10);
    expect(engine.session).toEqual(sessionOf(time));
    expect(engine.push(time + 12 * 3_600_000, 1, 1)).toBe(0);
    expect([engine.sma9, engine.vwap]).toEqual([Number.NaN, Number.NaN]);
    engine.dispose();
  });

  test("is disposed of once, twice and for good", () => {
    const engine = createEngine(options);
    engine.dispose();
    engine.dispose();
    const uses = [
      () => engine.push(later, 1, 1),
      () => engine.peek(later, 1, 1),
      () => engine.pushColumns(good),
      () => engine.snapshot(),
      () => engine.sma9,
      () => engine.vwap,
      () => engine.session,
      () => engine.lastCross,
    ];
    for (const use of uses) expect(thrownBy(use)).toMatchObject({ code: "disposed" });
  });

  test("refuses damaged snapshots and those of another basis", () => {
    const engine = createEngine({ ...options, basis: "close" });
    engine.push(time, 600, 10);
    const snapshot = engine.snapshot();
    engine.dispose();
    const damaged = snapshot.slice();
    damaged[20] = (damaged[20] ?? 0) ^ 1;
    for (const bytes of [damaged, snapshot.slice(1), new Uint8Array(0), new Uint8Array(10_000_000)]) {
      expect(thrownBy(() => createEngine({ ...options, snapshot: bytes }))).toMatchObject({ code: "bad_snapshot" });
    }
    expect(thrownBy(() => createEngine({ ...options, basis: "hlc3", snapshot }))).toMatchObject({
      code: "bad_snapshot",
    });
    expect(thrownBy(() => createEngine({ ...options, snapshot: "text" as never }))).toMatchObject({
      code: "bad_argument",
    });
  });
});

test("refuses arrays to fill that are too short or of another kind", () => {
  const rows = good.times.length;
  const into = { sma9: new Float64Array(rows), vwap: new Float64Array(rows), cross: new Int8Array(rows) };
  const wrong: [object, ErrorCode][] = [
    [{ ...into, vwap: new Float64Array(rows - 1) }, "column_lengths"],
    [{ ...into, cross: new Int8Array(0) }, "column_lengths"],
    [{ ...into, sma9: new Float32Array(rows) }, "bad_argument"],
    [{ ...into, cross: new Uint8Array(rows) }, "bad_argument"],
    [{ sma9: into.sma9, vwap: into.vwap }, "bad_argument"],
    [[], "bad_argument"],
  ];
  for (const [arrays, code] of wrong) {
    expect(thrownBy(() => compute(good, options, arrays as never))).toMatchObject({ code });
  }
  expect(thrownBy(() => compute(changed("prices", 5, -1), options, into))).toMatchObject({ index: 5 });
});

test("refuses to fill memory of the wasm module, which may be another's by then", () => {
  const rows = good.times.length;
  const into = { sma9: new Float64Array(rows), vwap: new Float64Array(rows), cross: new Int8Array(rows) };
  const resident = createResidentColumns(good);
  const views = resident.compute(options);
  const sums = sessionsBetween("2019-02-11", "2019-02-11");
  const refuses = () => {
    for (const name of ["sma9", "vwap", "cross"] as const) {
      const arrays = { ...into, [name]: views[name] };
      expect(thrownBy(() => compute(good, options, arrays))).toMatchObject({ code: "bad_argument" });
    }
  };
  refuses();
  expect(bits(resident.compute(options).sma9)).toEqual(one.sma9);
  resident.dispose();
  refuses();
  expect(sessionsBetween("2019-02-11", "2019-02-11")).toEqual(sums);
});

test("columns that went to another thread are said to be gone", () => {
  for (const name of ["crosses", "sessions"] as const) {
    const columns = doubles(one);
    const result = compute(columns, options);
    structuredClone(columns, { transfer: [columns.times.buffer, columns.prices.buffer] });
    const error = thrownBy(() => result[name]) as Error;
    expect(error).toMatchObject({ name: "IndicatorsError", code: "internal" });
    expect(error.cause).toBeInstanceOf(Error);
  }
});

test("resident columns are disposed of once, twice and for good", () => {
  const resident = createResidentColumns(good);
  const result = resident.compute(options);
  resident.dispose();
  resident.dispose();
  expect(thrownBy(() => resident.compute(options))).toMatchObject({ code: "disposed" });
  expect(thrownBy(() => result.sessions)).toMatchObject({ code: "disposed" });
  expect(thrownBy(() => createResidentColumns(changed("prices", 5, -1)))).toMatchObject({ code: "price_out_of_range" });
});

describe("small questions", () => {
  test.each<[string, () => unknown, ErrorCode]>([
    ["a price with a plus", () => parsePrice("+1"), "not_a_number"],
    ["a price that is a number", () => parsePrice(1 as never), "bad_argument"],
    ["a price of two million digits", () => parsePrice("1".repeat(2_000_000)), "too_large"],
    ["a session at NaN", () => sessionOf(Number.NaN), "not_a_time"],
    ["a regular session at NaN", () => isRegularSession(Number.NaN), "not_a_time"],
    ["sessions of no date", () => sessionsBetween("2019-02-30", "2019-03-01"), "unknown_name"],
    ["an id of no direction", () => signalId({ ...options, time: 0, direction: "left" as never }), "bad_argument"],
    ["an id at NaN", () => signalId({ ...options, time: Number.NaN, direction: "up" }), "not_a_time"],
    ["bars of no length", () => resample(good, 0), "unknown_interval"],
    ["bars of text", () => resample(good, "60" as never), "unknown_interval"],
    ["resampling NaN", () => resample(changed("prices", 3, Number.NaN), 60), "not_a_number"],
    ["resampling unsorted rows", () => resample(changed("times", 3, 0), 60), "out_of_order"],
  ])("%s", (_, call, code) => expect(thrownBy(call)).toMatchObject({ name: "IndicatorsError", code }));
});
