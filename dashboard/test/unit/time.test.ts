import { init, sessionsBetween } from "@alpha-kite/indicators";
import { beforeAll, describe, expect, test } from "vitest";
import { addDays, dayBounds, easternDate, easternMoment, easternParts, isDate, weekday } from "@/model/eastern";
import { durationText, intervalText, priceText, valueText } from "@/model/format";
import { createMarketClock } from "@/model/market-clock";
import { marketAt } from "@/model/market-hours";
import { formatSelection, parseSelection } from "@/model/selection";

beforeAll(() => init());

describe("New York's clock", () => {
  test.each([
    ["winter", "2026-01-15", 24],
    ["summer", "2026-07-15", 24],
    ["the day that has 23 hours", "2026-03-08", 23],
    ["the day that has 25 hours", "2026-11-01", 25],
  ])("a day of %s", (_, date, hours) => {
    const { from, to } = dayBounds(date);
    expect((to - from) / 3_600_000).toBe(hours);
    expect(easternParts(from)).toEqual({ date, hour: 0, minute: 0, second: 0 });
    expect(easternDate(from - 1)).toBe(addDays(date, -1));
    expect(easternDate(to - 1)).toBe(date);
    expect(easternDate(to)).toBe(addDays(date, 1));
  });

  test("every day of two years begins where the one before ends", () => {
    for (let date = "2025-12-30"; date < "2027-12-31"; date = addDays(date, 1)) {
      expect(dayBounds(date).to).toBe(dayBounds(addDays(date, 1)).from);
      expect(easternParts(easternMoment(date, 9, 30))).toEqual({ date, hour: 9, minute: 30, second: 0 });
    }
  });

  test("sessions open at half past nine, on both sides of a change", () => {
    for (const { date, start } of sessionsBetween("2026-03-02", "2026-03-20")) {
      expect(easternMoment(date, 9, 30)).toBe(start);
    }
  });

  test("dates", () => {
    expect(["2026-02-29", "2026-13-01", "26-1-1", "", "2024-02-29", "2026-11-20"].map(isDate)).toEqual([
      false,
      false,
      false,
      false,
      true,
      true,
    ]);
    expect(weekday("2026-11-20")).toBe(5);
  });
});

describe("the market", () => {
  const at = (date: string, hour: number, minute = 0) => marketAt(easternMoment(date, hour, minute));

  test.each([
    ["early", "2026-11-20", 3, "closed", "opens"],
    ["before the open", "2026-11-20", 5, "pre", "opens"],
    ["in session", "2026-11-20", 12, "open", "closes"],
    ["in the evening", "2026-11-20", 17, "post", "opens"],
    ["at night", "2026-11-20", 21, "closed", "opens"],
  ] as const)("%s", (_, date, hour, state, kind) => {
    expect(at(date, hour)).toMatchObject({ state, next: { kind }, note: undefined });
  });

  test("a Friday night waits for Monday", () => {
    expect(at("2026-11-20", 21).next).toEqual({ kind: "opens", at: easternMoment("2026-11-23", 9, 30) });
    expect(at("2026-11-21", 12)).toMatchObject({ state: "closed", note: "weekend" });
  });

  test("holidays and half days are known", () => {
    expect(at("2026-11-26", 12)).toMatchObject({
      state: "closed",
      note: "holiday",
      next: { at: easternMoment("2026-11-27", 9, 30) },
    });
    expect(at("2026-11-27", 12)).toMatchObject({
      state: "open",
      note: "half day",
      next: { kind: "closes", at: easternMoment("2026-11-27", 13) },
    });
    expect(at("2026-11-27", 14).state).toBe("post");
    expect(at("2026-11-27", 17).state).toBe("closed");
  });

  test("the open itself is open, the close is not", () => {
    expect(at("2026-11-20", 9, 30).state).toBe("open");
    expect(at("2026-11-20", 16).state).toBe("post");
  });

  test("its clock runs as fast as the server says", () => {
    let ticks = 1_000;
    const clock = createMarketClock(() => ticks);
    expect(clock.now()).toBe(1_000);
    clock.set({ now: 500_000, speed: 60 });
    ticks += 2_000;
    expect(clock.now()).toBe(620_000);
  });
});

test("addresses are read and written", () => {
  expect(parseSelection("?ticker=spy&date=2026-11-20&interval=5m")).toEqual({
    ticker: "SPY",
    date: "2026-11-20",
    barSeconds: 300,
  });
  expect(parseSelection("?ticker=a|b&date=tomorrow&interval=7m")).toEqual({
    ticker: undefined,
    date: undefined,
    barSeconds: 1,
  });
  expect(formatSelection({ ticker: "QQQ", date: undefined, barSeconds: 60 })).toBe("?ticker=QQQ&interval=1m");
});

test("numbers are written for people", () => {
  expect(priceText(598.1)).toBe("598.10");
  expect(priceText(598.123456)).toBe("598.123456");
  expect(valueText(Number.NaN)).toBe("–");
  expect([0, 9_999, 61_000, 3_661_000, 200_000_000].map(durationText)).toEqual([
    "0 s",
    "9 s",
    "01m 01s",
    "1h 01m 01s",
    "2d 07h 33m",
  ]);
  expect([1, 60, 300].map(intervalText)).toEqual(["1s", "1m", "5m"]);
});
