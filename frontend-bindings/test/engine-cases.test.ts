import { compute, createEngine, createResidentColumns, init, type Result } from "@alpha-kite/indicators";
import { beforeAll, describe, expect, test } from "vitest";
import { bits, doubles, type EngineCase, engineCases, integers, optionsOf, part } from "./golden.js";

beforeAll(() => init());

test("there are cases", () => expect(engineCases.length).toBeGreaterThan(50));

test("results can be cloned, as messages to other threads are", () => {
  for (const one of engineCases.slice(0, 9)) {
    const clone = structuredClone(compute(doubles(one), optionsOf(one)));
    expect(Object.getPrototypeOf(clone)).toBe(Object.prototype);
    expectCase(clone, one);
  }
});

test("results can be frozen, and watched through a proxy, as stores do", () => {
  for (const one of engineCases.slice(0, 9)) {
    const make = () => compute(doubles(one), optionsOf(one));
    expectCase(Object.freeze(make()), one);
    expectCase(new Proxy(make(), {}), one);
    const frozen = Object.freeze(make());
    expect(frozen.crosses).toBe(frozen.crosses);
  }
});

test("results can be kept where everything that is read is wrapped again, or nothing may be written", () => {
  const wrapped = <T extends object>(value: T): T =>
    new Proxy(value, {
      get(target, name, receiver) {
        const read = Reflect.get(target, name, receiver);
        return typeof read === "object" && read !== null && !ArrayBuffer.isView(read) ? wrapped(read) : read;
      },
    });
  const readOnly = <T extends object>(value: T): T =>
    new Proxy(value, {
      get(target, name, receiver) {
        const read = Reflect.get(target, name, receiver);
        return typeof read === "object" && read !== null && !ArrayBuffer.isView(read) ? readOnly(read) : read;
      },
      set: () => true,
    });
  for (const one of engineCases.slice(0, 9)) {
    const make = () => compute(doubles(one), optionsOf(one));
    expectCase(wrapped(make()), one);
    expectCase(readOnly(make()), one);
  }
});

describe.each(engineCases.map((one) => [one.case, one] as const))("%s", (_, one) => {
  const options = optionsOf(one);

  test.each([
    ["doubles", doubles(one)],
    ["integers", integers(one)],
    ["a mixture", { ...doubles(one), times: integers(one).times, volumes: integers(one).volumes }],
  ])("batch of %s", (_kind, columns) => {
    expectCase(compute(columns, options), one);
  });

  test("batch of closes alone", () => {
    const { times, prices, volumes } = doubles(one);
    if (one.basis === "hlc3") return expect(() => compute({ times, prices, volumes }, options)).toThrow(/high and low/);
    const { sessions, ...result } = compute({ times, prices, volumes }, options);
    expect(sessions.every((session) => !("rowDigest" in session))).toBe(true);
    expectValues(result, one);
  });

  test("batch into the arrays of another result, and into longer ones", () => {
    const rows = one.start.length;
    const earlier = compute({ ...doubles(one), prices: new Float64Array(rows) }, { ...options, basis: "close" });
    const result = compute(integers(one), options, earlier);
    for (const name of ["sma9", "vwap", "cross"] as const) expect(result[name].buffer).toBe(earlier[name].buffer);
    expectCase(result, one);
    const [sma9, vwap, cross] = [new Float64Array(rows + 2), new Float64Array(rows + 9), new Int8Array(rows + 1)];
    for (const array of [sma9, vwap, cross]) array.fill(7);
    expectCase(compute(doubles(one), options, { sma9, vwap, cross }), one);
    expect([...sma9.slice(rows), ...vwap.slice(rows), ...cross.slice(rows)]).toEqual(new Array(12).fill(7));
  });

  test("resident columns", () => {
    const resident = createResidentColumns(doubles(one));
    try {
      expectCase(resident.compute(options), one);
      expectCase(resident.compute(options), one);
    } finally {
      resident.dispose();
    }
  });

  test("bar by bar", () => {
    const { times, highs, lows, prices, volumes } = doubles(one);
    const engine = createEngine(options);
    try {
      const rows = one.start.length;
      const sma9 = new Float64Array(rows);
      const vwap = new Float64Array(rows);
      const cross = new Int8Array(rows);
      const ids: string[] = [];
      for (let row = 0; row < rows; row += 1) {
        const bar = [times[row], prices[row], volumes[row], highs[row], lows[row]] as unknown as [
          number,
          number,
          number,
        ];
        const peeked = engine.peek(...bar);
        cross[row] = engine.push(...bar);
        sma9[row] = engine.sma9;
        vwap[row] = engine.vwap;
        expect([peeked.cross, peeked.sma9, peeked.vwap]).toEqual([cross[row], sma9[row], vwap[row]]);
        if (cross[row] !== 0) ids.push(engine.lastCross?.id ?? "none");
      }
      expectValues({ sma9, vwap, cross }, one);
      expect(ids).toEqual(one.crosses.map(({ id }) => id));
    } finally {
      engine.dispose();
    }
  });

  test("in two parts, with a snapshot between", () => {
    const columns = integers(one);
    const rows = one.start.length;
    const step = rows > 500 ? 97 : rows > 50 ? 13 : 1;
    for (let cut = 0; cut <= rows; cut += step) {
      const first = createEngine(options);
      const before = first.pushColumns(part(columns, 0, cut));
      const snapshot = first.snapshot();
      first.dispose();
      const second = createEngine({ ...options, snapshot });
      const after = second.pushColumns(part(columns, cut));
      second.dispose();
      const whole = {
        sma9: Float64Array.from([...before.sma9, ...after.sma9]),
        vwap: Float64Array.from([...before.vwap, ...after.vwap]),
        cross: Int8Array.from([...before.cross, ...after.cross]),
      };
      expectValues(whole, one);
    }
  });
});

function expectValues({ sma9, vwap, cross }: Pick<Result, "sma9" | "vwap" | "cross">, one: EngineCase): void {
  expect(bits(sma9)).toEqual(one.sma9);
  expect(bits(vwap)).toEqual(one.vwap);
  expect(Array.from(cross)).toEqual(one.cross);
}

function expectCase(result: Result, one: EngineCase): void {
  expect(Object.keys(result)).toEqual(["sma9", "vwap", "cross", "crosses", "sessions"]);
  expectValues(result, one);
  expect(result.crosses).toEqual(
    one.crosses.map(({ index, start, direction, id }) => ({
      index,
      time: start,
      direction,
      id,
      price: Number(one.close[index]),
      sma9: result.sma9[index],
      vwap: result.vwap[index],
    })),
  );
  expect(result.sessions).toEqual(
    one.sessions.map(({ date, open, close, rows, digest, row_digest }) => ({
      date,
      start: open,
      end: close,
      n: rows,
      digest,
      rowDigest: row_digest,
    })),
  );
}
