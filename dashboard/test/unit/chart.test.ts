import type { Cross } from "@alpha-kite/indicators";
import { describe, expect, test } from "vitest";
import { clusterCrosses } from "@/chart/clusters";
import { rangeOf } from "@/chart/range";
import { columnsOf, spanOf } from "@/chart/trace";

const cross = (index: number): Cross => ({
  index,
  time: index * 1000,
  direction: index % 2 === 0 ? "up" : "down",
  id: `id${index}`,
  price: 600,
  sma9: 600,
  vwap: 600,
});

describe("clusters", () => {
  const at = (indexes: number[], width = 1000) =>
    clusterCrosses(indexes.map(cross), ({ index }) => index, width, 20).map(({ id, crosses }) => [id, crosses.length]);

  test("none, one, far apart", () => {
    expect(at([])).toEqual([]);
    expect(at([5])).toEqual([["id5", 1]]);
    expect(at([5, 25])).toEqual([
      ["id5", 1],
      ["id25", 1],
    ]);
  });

  test("close ones stand together, and a group does not grow without end", () => {
    expect(at([0, 10, 19, 20, 30, 100])).toEqual([
      ["group-id0", 3],
      ["group-id20", 2],
      ["id100", 1],
    ]);
  });

  test("what cannot be seen is left out", () => {
    expect(at([-100, -10, 500, 2000])).toEqual([
      ["id-10", 1],
      ["id500", 1],
    ]);
  });

  test("every cross in sight is in one group", () => {
    const indexes = Array.from({ length: 500 }, (_, row) => row * 2);
    const found = clusterCrosses(indexes.map(cross), ({ index }) => index, 1000, 22);
    expect(found.flatMap(({ crosses }) => crosses.map(({ index }) => index))).toEqual(indexes);
  });
});

describe("ranges", () => {
  const times = Float64Array.from({ length: 10_000 }, (_, row) => row * 1000);
  const session = { date: "2026-11-20", start: 2_000_000, end: 8_000_000 };

  test("nothing without bars or room", () => {
    expect(rangeOf("day", new Float64Array(0), session, 1000)).toBeUndefined();
    expect(rangeOf("day", times, session, 0)).toBeUndefined();
  });

  test("the session, with a little room", () => {
    const range = rangeOf("session", times, session, 1000);
    expect(range?.from).toBeCloseTo(2000 - 120);
    expect(range?.to).toBeCloseTo(7999 + 180);
  });

  test("the last quarter of an hour, and everything before the open", () => {
    expect(rangeOf("15m", times, session, 1000)?.from).toBeCloseTo(9100 - 18);
    const early = times.subarray(0, 1000);
    expect(rangeOf("session", early, session, 1000)?.from).toBeCloseTo(-20);
  });

  test("few bars are not stretched over the whole width", () => {
    const range = rangeOf("session", times.subarray(2000, 2003), session, 1000);
    expect((range?.to ?? 0) - (range?.from ?? 0)).toBeGreaterThanOrEqual(60);
  });
});

describe("columns of pixels", () => {
  const values = Float64Array.from({ length: 1000 }, (_, index) => Math.sin(index * 1.7) * 10);
  const scales = (spacing: number, from = 0, to = 1000) => ({
    from,
    to,
    spacing,
    pixel: 1,
    xOf: (index: number) => index * spacing,
  });

  test("are one a bar where there is room", () => {
    const columns = columnsOf(values, scales(2));
    expect(columns.length).toBe(1000);
    expect(columns[7]).toEqual({ x: 14, low: values[7], high: values[7], last: values[7] });
  });

  test("keep every extreme where there is none", () => {
    const columns = columnsOf(values, scales(0.02));
    expect(columns.length).toBe(20);
    expect(Math.max(...columns.map((column) => column?.high ?? 0))).toBe(Math.max(...values));
    expect(Math.min(...columns.map((column) => column?.low ?? 0))).toBe(Math.min(...values));
    expect(columns.at(-1)?.last).toBe(values[999]);
  });

  test("have holes where there are no values", () => {
    const gappy = Float64Array.of(1, Number.NaN, Number.NaN, 4);
    expect(columnsOf(gappy, scales(1, 0, 4)).map((column) => column?.last)).toEqual([1, undefined, undefined, 4]);
    expect(columnsOf(gappy, scales(0.5, 0, 4)).map((column) => column?.last)).toEqual([1, 4]);
  });

  test("groups stay where they are as bars come", () => {
    const xs = (to: number) => columnsOf(values, scales(0.1, 0, to)).map((column) => column?.x);
    expect(xs(995).slice(0, 90)).toEqual(xs(1000).slice(0, 90));
  });

  test("the span of several columns", () => {
    expect(spanOf([Float64Array.of(1, 2, 3), Float64Array.of(Number.NaN, 9, 0)], -5, 2)).toEqual({ low: 1, high: 9 });
    expect(spanOf([Float64Array.of(Number.NaN)], 0, 1)).toBeUndefined();
    expect(spanOf([Float64Array.of(1)], 3, 9)).toBeUndefined();
  });
});
