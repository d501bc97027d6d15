import { describe, expect, test } from "vitest";
import { createRows, lowerBound, noRows } from "@/model/rows";
import { columnsOf } from "./columns";

const times = (rows: ReturnType<typeof createRows>) => [...rows.columns().times];
const prices = (rows: ReturnType<typeof createRows>) => [...rows.columns().prices];
const from = (...starts: number[]) => columnsOf(starts.map((time) => ({ time, price: time / 10 })));

describe("merging rows", () => {
  test("nothing, one, many in order", () => {
    const rows = createRows();
    expect(rows.merge(noRows())).toBe(0);
    expect(rows.merge(from(10))).toBe(0);
    expect(rows.merge(from(20, 30))).toBe(1);
    expect(times(rows)).toEqual([10, 20, 30]);
  });

  test("a late row goes to its place, and tells from where all is new", () => {
    const rows = createRows();
    rows.merge(from(10, 20, 40, 50));
    expect(rows.merge(from(30))).toBe(2);
    expect(times(rows)).toEqual([10, 20, 30, 40, 50]);
    expect(rows.merge(from(5, 60))).toBe(0);
    expect(times(rows)).toEqual([5, 10, 20, 30, 40, 50, 60]);
  });

  test("a revised row takes the place of the one that it revises", () => {
    const rows = createRows();
    rows.merge(from(10, 20, 30));
    expect(rows.merge(columnsOf([{ time: 20, price: 7 }]))).toBe(1);
    expect(prices(rows)).toEqual([1, 7, 3]);
  });

  test("rows that are known change nothing", () => {
    const rows = createRows();
    rows.merge(from(10, 20, 30));
    expect(rows.merge(from(10, 20, 30))).toBe(3);
    // Known ones, then new ones: only those are news.
    expect(rows.merge(from(20, 30, 40))).toBe(3);
    expect(times(rows)).toEqual([10, 20, 30, 40]);
  });

  test("rows out of order and twice are put in order; the last one wins", () => {
    const rows = createRows();
    const mixed = columnsOf([
      { time: 30, price: 3 },
      { time: 10, price: 1 },
      { time: 30, price: 4 },
    ]);
    rows.merge(mixed);
    expect(times(rows)).toEqual([10, 30]);
    expect(prices(rows)).toEqual([1, 4]);
  });

  test("views keep what they showed", () => {
    const rows = createRows();
    rows.merge(from(10, 20));
    const before = rows.columns();
    rows.merge(from(15));
    rows.merge(from(30));
    expect([...before.times]).toEqual([10, 20]);
  });

  test("a whole day grows its columns", () => {
    const rows = createRows();
    for (let start = 0; start < 60_000; start += 500) {
      rows.merge(from(...Array.from({ length: 500 }, (_, row) => start + row)));
    }
    expect(rows.length).toBe(60_000);
    expect(rows.columns().times[59_999]).toBe(59_999);
  });
});

test("lowerBound finds the first that is not before", () => {
  const sorted = Float64Array.of(10, 20, 30);
  expect([5, 10, 11, 30, 31].map((time) => lowerBound(sorted, time))).toEqual([0, 0, 1, 2, 3]);
});
