import type { Cross } from "@alpha-kite/indicators";
import { describe, expect, test } from "vitest";
import { clusterCrosses } from "@/chart/clusters";
import { rangeOf } from "@/chart/range";

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
