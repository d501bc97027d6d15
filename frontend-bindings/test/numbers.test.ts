import {
  compareDigests,
  compute,
  init,
  isRegularSession,
  parsePrice,
  resample,
  sessionOf,
  sessionsBetween,
  signalId,
} from "@alpha-kite/indicators";
import { beforeAll, describe, expect, test } from "vitest";
import { codeOf, double, doubles, engineCase, golden, goldenText, integers, optionsOf, part } from "./golden.js";

beforeAll(() => init());

test("prices of texts", () => {
  const entries =
    golden<{ text: string; micros: number | null; rounded: boolean; error: "syntax" | "range" | null }[]>(
      "price_text.json",
    );
  expect(entries.length).toBeGreaterThan(300);
  const codes = { syntax: "not_a_number", range: "price_out_of_range" };
  for (const { text, micros, rounded, error } of entries) {
    if (error === null) expect({ text, ...parsePrice(text) }).toEqual({ text, micros, rounded });
    else expect([text, codeOf(() => parsePrice(text))]).toEqual([text, codes[error]]);
  }
});

test("prices of doubles", () => {
  // One row goes in as dollars and comes out again: to the nearest micro-dollar, then to the nearest double.
  const entries = golden<{ bits: string; micros: number | null }[]>("price_f64.json");
  expect(entries.length).toBeGreaterThan(300);
  const row = (price: number) => ({
    times: Float64Array.of(1549895400000),
    prices: Float64Array.of(price),
    volumes: Float64Array.of(1),
  });
  for (const { bits, micros } of entries) {
    const price = double(bits);
    if (micros !== null) expect([bits, resample(row(price), 1).prices[0]]).toEqual([bits, micros / 1e6]);
    else expect([bits, codeOf(() => resample(row(price), 1))[0]]).toEqual([bits, Number.isFinite(price) ? "p" : "n"]);
  }
});

test("volumes", () => {
  const entries = golden<{ text: string; shares: number | null; error: string | null }[]>("volume_text.json");
  const codes: Record<string, string> = { range: "volume_out_of_range", fraction: "fractional_shares" };
  const row = (volume: number) => ({
    times: Float64Array.of(1549895400000),
    prices: Float64Array.of(1),
    volumes: Float64Array.of(volume),
  });
  // Only texts that a double holds exactly say something about doubles.
  const short = entries.filter(({ text, error }) => error !== "syntax" && /^-?\d{1,15}(\.\d{1,2})?$/.test(text));
  expect(short.length).toBeGreaterThan(30);
  for (const { text, shares, error } of short) {
    if (error === null) expect([text, resample(row(Number(text)), 1).volumes[0]]).toEqual([text, shares]);
    else expect([text, codeOf(() => resample(row(Number(text)), 1))]).toEqual([text, codes[error]]);
  }
});

test("ids of signals", () => {
  const entries =
    golden<
      { ticker: string; bar_seconds: number; start: number; direction: "up" | "down"; rule: string; id: string }[]
    >("signal_ids.json");
  expect(entries.length).toBeGreaterThan(20);
  for (const { ticker, bar_seconds, start, direction, rule, id } of entries) {
    const basis = rule === "sma9xvwap-close/1" ? "close" : "hlc3";
    expect(signalId({ ticker, barSeconds: bar_seconds, time: start, direction, basis })).toBe(id);
  }
});

type Bars = Parameters<typeof doubles>[0];

describe("resampling", () => {
  const entries = golden<{ about: string; interval_seconds: number; rows: Bars; bars: Bars }[]>("resample.json");

  test.each(entries.map((entry) => [entry.about, entry] as const))("%s", (_, { interval_seconds, rows, bars }) => {
    expect(resample(doubles(rows), interval_seconds)).toEqual(doubles(bars));
    expect(resample(integers(rows), interval_seconds)).toEqual(integers(bars));
  });

  test("a price that the columns lack counts as the close", () => {
    const { times, prices, volumes } = doubles(engineCase("busy-seconds"));
    const bare = resample({ times, prices, volumes }, 60);
    expect(bare).toEqual(resample({ times, opens: prices, highs: prices, lows: prices, prices, volumes }, 60));
  });
});

describe("sessions", () => {
  const lines = goldenText("calendar.csv")
    .split("\n")
    .filter((line) => /^\d/.test(line))
    .map((line) => line.split(","));

  test("all of 1990 to 2030", () => {
    const expected = lines.map(([date, open, close]) => ({
      date,
      start: Date.parse(`${date}T${open}Z`),
      end: Date.parse(`${date}T${close}Z`),
    }));
    expect(expected.length).toBeGreaterThan(10_000);
    expect(sessionsBetween("1990-01-01", "2030-12-31")).toEqual(expected);
    for (const session of expected.slice(-300)) {
      expect(sessionOf(session.start)).toEqual(session);
      expect(sessionOf(session.end - 1)).toEqual(session);
      expect([session.start - 1, session.start, session.end - 1, session.end].map(isRegularSession)).toEqual([
        false,
        true,
        true,
        false,
      ]);
    }
  });
});

describe("comparing digests", () => {
  const one = engineCase("session-change");
  const options = optionsOf(one);
  const columns = doubles(one);
  const expected = one.sessions.map(({ date, rows, digest, row_digest }) => ({
    date,
    n: rows,
    digest,
    rowDigest: row_digest,
  }));

  test("equal at the same number of rows", () => {
    const states = compareDigests(columns, options, compute(columns, options), expected);
    expect(states.map(({ state }) => state)).toEqual(expected.map(() => "equal"));
  });

  test("equal over the first rows where there are more here", () => {
    const shorter = part(columns, 0, one.start.length - 5);
    const fewer = compute(shorter, options).sessions.map(({ date, n, digest, rowDigest }) => ({
      date,
      n,
      digest,
      rowDigest,
    }));
    const states = compareDigests(columns, options, compute(columns, options), fewer);
    expect(states.every(({ state }) => state === "equal")).toBe(true);
    expect(states.at(-1)?.n).toBe((one.sessions.at(-1)?.rows ?? 0) - 5);
  });

  test("no row is equal to no row", () => {
    const none = [{ date: one.sessions[0]?.date ?? "", n: 0, digest: "2d06800538d394c2" }];
    expect(compareDigests(columns, options, compute(columns, options), none)[0]?.state).toBe("equal");
  });

  test("behind where there are fewer here, different where a bit differs", () => {
    const shorter = part(columns, 0, one.start.length - 1);
    const behind = compareDigests(shorter, options, compute(shorter, options), expected);
    expect(behind.at(-1)?.state).toBe("behind");
    const revised = { ...columns, volumes: columns.volumes.slice() };
    revised.volumes[one.start.length - 1] = (revised.volumes.at(-1) ?? 0) + 1;
    const different = compareDigests(revised, options, compute(revised, options), expected);
    expect(different.at(-1)?.state).toBe("different");
    expect(different[0]?.state).toBe("equal");
  });
});
