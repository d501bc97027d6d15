import { type Cross, compute, init } from "@alpha-kite/indicators";
import {
  easternLabel,
  easternTickFormatter,
  easternTimeFormatter,
  type MarkerOptions,
  markerDefaults,
  toChartSeconds,
  toLine,
  toPoints,
  toProvisionalMarker,
  toReferenceDots,
  toSeriesMarkers,
} from "@alpha-kite/indicators/chart";
import { TickMarkType } from "lightweight-charts";
import { ReferenceDot } from "recharts";
import { beforeAll, describe, expect, test } from "vitest";
import { doubles, engineCase, optionsOf } from "./golden.js";

const one = engineCase("clock-change-spring");
let crosses: readonly Cross[];

beforeAll(async () => {
  await init();
  crosses = compute(doubles(one), optionsOf(one)).crosses;
});

test("series markers", () => {
  const markers = toSeriesMarkers(crosses);
  expect(markers.length).toBe(one.crosses.length);
  expect(markers.length).toBeGreaterThan(2);
  one.crosses.forEach(({ start, direction, id }, at) => {
    expect(markers[at]).toEqual(
      direction === "up"
        ? { time: start / 1000, position: "belowBar", shape: "arrowUp", color: "#26a69a", id, text: "", size: 1 }
        : { time: start / 1000, position: "aboveBar", shape: "arrowDown", color: "#ef5350", id, text: "", size: 1 },
    );
  });
  const [marker] = toSeriesMarkers(crosses, {
    upColor: "blue",
    downColor: "blue",
    size: 2,
    text: ({ price }) => `${price}`,
  });
  expect(marker).toMatchObject({ color: "blue", size: 2, text: `${crosses[0]?.price}` });
  expect(toSeriesMarkers([])).toEqual([]);
});

test("options that are undefined are as if they were absent", () => {
  const none = {
    upColor: undefined,
    downColor: undefined,
    provisionalColor: undefined,
    size: undefined,
    text: undefined,
  };
  const options = none as unknown as MarkerOptions;
  expect(toSeriesMarkers(crosses, options)).toEqual(toSeriesMarkers(crosses));
  expect(toReferenceDots(crosses, options)).toEqual(toReferenceDots(crosses));
  const peeked = { provisional: true, sma9: 1, vwap: 2, cross: 1 } as const;
  expect(toProvisionalMarker(60_000, peeked, options)).toEqual(toProvisionalMarker(60_000, peeked));
});

test("a provisional cross looks otherwise", () => {
  const peeked = { provisional: true, sma9: 1, vwap: 2 } as const;
  const marker = toProvisionalMarker(60_000, { ...peeked, cross: -1 });
  expect(marker).toMatchObject({
    time: 60,
    shape: "circle",
    position: "aboveBar",
    color: markerDefaults.provisionalColor,
  });
  expect(toProvisionalMarker(60_000, { ...peeked, cross: 0 })).toBeUndefined();
});

test("reference dots", () => {
  const dots = toReferenceDots(crosses);
  expect(dots.map(({ key, dot }) => [key, dot.x, dot.y])).toEqual(
    crosses.map(({ id, time, price }) => [id, time, price]),
  );
  // That Recharts draws them is seen in a browser, by the consumer `vite`.
  const elements = dots.map(({ key, dot }) => <ReferenceDot key={key} {...dot} />);
  expect(elements.length).toBe(crosses.length);
});

test("lines have gaps where values are absent", () => {
  const times = Float64Array.of(1000, 2000, 3000);
  const values = Float64Array.of(Number.NaN, 1.5, 2);
  expect(toLine(times, values)).toEqual([{ time: 1 }, { time: 2, value: 1.5 }, { time: 3, value: 2 }]);
  expect(toLine(BigInt64Array.of(1000n, 2000n, 3000n), values)).toEqual(toLine(times, values));
  expect(toPoints(times, values)).toEqual([
    { x: 1000, y: null },
    { x: 2000, y: 1.5 },
    { x: 3000, y: 2 },
  ]);
});

describe("New York's clock", () => {
  // 2019-03-08 was a Friday in winter time, 2019-03-11 the Monday after the change; 2019-11-01 and 04 the same in autumn.
  test.each([
    ["2019-03-08T14:30:00Z", "Mar 8", "09:30", "09:30:00", "Mar 8, 2019, 09:30:00 ET"],
    ["2019-03-11T13:30:00Z", "Mar 11", "09:30", "09:30:00", "Mar 11, 2019, 09:30:00 ET"],
    ["2019-11-01T13:30:00Z", "Nov 1", "09:30", "09:30:00", "Nov 1, 2019, 09:30:00 ET"],
    ["2019-11-04T14:30:00Z", "Nov 4", "09:30", "09:30:00", "Nov 4, 2019, 09:30:00 ET"],
    ["2019-11-05T05:00:00Z", "Nov 5", "00:00", "00:00:00", "Nov 5, 2019, 00:00:00 ET"],
  ])("%s", (stamp, date, minute, time, full) => {
    const at = Date.parse(stamp);
    expect(easternLabel(at, "date")).toBe(date);
    expect(easternLabel(at)).toBe(minute);
    expect(easternLabel(BigInt(at), "time")).toBe(time);
    expect(easternLabel(at, "full")).toBe(full);
    expect(easternTimeFormatter(toChartSeconds(at))).toBe(full);
  });

  test.each([
    ["the first bar of a morning", "2019-02-11T14:30:00Z", "Feb 11", "09:30", "09:30:00"],
    ["a new day in UTC, in winter", "2019-02-12T00:00:00Z", "19:00", "19:00", "19:00:00"],
    ["a new day in UTC, in summer", "2019-07-02T00:00:00Z", "20:00", "20:00", "20:00:00"],
    ["the first second of it", "2019-02-12T00:00:07Z", "19:00", "19:00", "19:00:07"],
    ["a new day in New York", "2019-02-12T05:00:00Z", "Feb 12", "Feb 12", "Feb 12"],
    ["a new day after clocks went forward", "2019-03-11T04:00:00Z", "Mar 11", "Mar 11", "Mar 11"],
  ])("marks: %s", (_, stamp, day, minute, time) => {
    const seconds = toChartSeconds(Date.parse(stamp));
    expect(easternTickFormatter(seconds, TickMarkType.Year)).toBe(day);
    expect(easternTickFormatter(seconds, TickMarkType.DayOfMonth)).toBe(day);
    expect(easternTickFormatter(seconds, TickMarkType.Time)).toBe(minute);
    expect(easternTickFormatter(seconds, TickMarkType.TimeWithSeconds)).toBe(time);
  });

  test("chart seconds", () => {
    expect(toChartSeconds(1549895400000)).toBe(1549895400);
    expect(toChartSeconds(1549895400999)).toBe(1549895400);
    expect(toChartSeconds(1549895400000n)).toBe(1549895400);
  });
});
