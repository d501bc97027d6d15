import { compute, init, resample, sessionsBetween } from "@alpha-kite/indicators";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { createAnnouncements } from "@/model/announcements";
import { createDay, type Day } from "@/model/day";
import { dayBounds } from "@/model/eastern";
import { type CrossLine, crossLines } from "@/model/ledger";
import { compareWithServer, firstDifference } from "@/model/parity";
import { createProver } from "@/model/prover";
import { summaryAt } from "@/model/series";
import type { LedgerEvent, RowColumns, StoredDigest } from "@/source/types";
import { columnsOf, swinging } from "./columns";

const DATE = "2026-11-20";
let start: number;
let rows: RowColumns;
const LATE = Number.MAX_SAFE_INTEGER;

beforeAll(async () => {
  await init();
  start = sessionsBetween(DATE, DATE)[0]?.start ?? 0;
  rows = swinging(start, 3_000);
});

function plain({ times, opens, highs, lows, prices, volumes }: RowColumns) {
  return { times, opens, highs, lows, prices, volumes };
}

/** What a server would have stored of rows. */
function serverOf(of: RowColumns, barSeconds: number): { stored: StoredDigest; events: LedgerEvent[] } {
  const bars = barSeconds === 1 ? plain(of) : resample(plain(of), barSeconds);
  const { crosses, sessions } = compute(bars, { ticker: "QQQ", barSeconds });
  const [session] = sessions;
  return {
    stored: {
      date: DATE,
      barSeconds,
      rule: "sma9xvwap-close/1",
      bars: session?.n ?? 0,
      digest: session?.digest ?? "",
      rowDigest: session?.rowDigest ?? "",
    },
    events: crosses.map(({ id, time, direction, price, sma9, vwap }) => ({
      ...{ id, time, direction, price, sma9, vwap, barSeconds },
      seq: 1,
      event: "confirmed" as const,
      late: false,
    })),
  };
}

function dayOf(of: RowColumns): Day {
  const day = createDay({ ticker: "QQQ", date: DATE, ...dayBounds(DATE) });
  const [seconds, minutes] = [serverOf(of, 1), serverOf(of, 60)];
  day.replace({
    rows: of,
    events: [...seconds.events, ...minutes.events],
    digests: [seconds.stored, minutes.stored],
    gaps: [],
  });
  return day;
}

/** The same rows with one value altered. */
function altered(column: "prices" | "opens" | "highs" | "lows" | "volumes", at: number, by: number): RowColumns {
  const copy = new Float64Array(rows[column]);
  copy[at] = (copy[at] ?? 0) + by;
  return { ...rows, [column]: copy };
}

describe("comparing with the server", () => {
  test("the same rows are equal, at every interval", () => {
    const day = dayOf(rows);
    for (const barSeconds of [1, 60]) {
      const series = day.compute(barSeconds, LATE);
      const found = compareWithServer(series, day.digestOf(barSeconds), day.events);
      expect(found).toMatchObject({ state: "equal", bars: barSeconds === 1 ? 3_000 : 50 });
      expect("crosses" in found && found.crosses.total).toBe(series.crosses.length);
      expect(series.crosses.length).toBeGreaterThan(2);
    }
  });

  test.each(["prices", "opens", "highs", "lows", "volumes"] as const)(
    "one altered value of %s is different",
    (column) => {
      const { stored, events } = serverOf(rows, 1);
      const day = dayOf(altered(column, 1234, column === "volumes" ? 1 : 0.01));
      const series = day.compute(1, LATE);
      expect(compareWithServer(series, stored, events).state).toBe("different");
    },
  );

  test("a digest of fewer bars is compared over as many, one of more is waited for", () => {
    const day = dayOf(rows);
    const series = day.compute(1, LATE);
    const few = { ...rows };
    for (const name of Object.keys(rows) as (keyof RowColumns)[]) few[name] = rows[name].subarray(0, 700) as never;
    const { stored, events } = serverOf(few, 1);
    expect(compareWithServer(series, stored, events)).toMatchObject({ state: "equal", bars: 700 });
    expect(compareWithServer(series, { ...stored, bars: 3_001 }, events).state).toBe("pending");
    expect(compareWithServer(series, undefined, events).state).toBe("unknown");
    expect(compareWithServer(series, { ...stored, bars: 0 }, []).state).toBe("different");
    expect(summaryAt(series, 0)?.digest).toBe("2d06800538d394c2");
  });

  test("a cross that only one side has is different, though the digests are equal", () => {
    const { stored, events } = serverOf(rows, 1);
    const series = dayOf(rows).compute(1, LATE);
    const missing = compareWithServer(series, stored, events.slice(1));
    expect(missing).toMatchObject({ state: "different", crosses: { onlyHere: [events[0]?.id] } });
    const [first] = events as [LedgerEvent];
    const withdrawn = [...events, { ...first, seq: 2, event: "withdrawn" as const }];
    expect(compareWithServer(series, stored, withdrawn)).toMatchObject({ state: "different" });
    const confirmedAgain = [...withdrawn, { ...first, seq: 3 }];
    expect(compareWithServer(series, stored, confirmedAgain)).toMatchObject({ state: "equal" });
  });

  test("the first differing bar is named", () => {
    const { sma9, vwap, cross } = compute(plain(rows), { ticker: "QQQ", barSeconds: 1 });
    const server = { barSeconds: 1, times: rows.times, sma9, vwap, cross };
    expect(firstDifference(dayOf(rows).compute(1, LATE), server)).toBeUndefined();
    const series = dayOf(altered("prices", 1234, 0.01)).compute(1, LATE);
    expect(firstDifference(series, server)).toMatchObject({ time: start + 1_234_000, column: "sma9" });
    // A table that lacks a bar, and one without crosses.
    const short = { ...server, times: rows.times.subarray(1), sma9: sma9.subarray(1), vwap: vwap.subarray(1) };
    expect(firstDifference(series, { ...short, cross: cross.subarray(1) })).toMatchObject({ column: "start" });
    const { cross: _, ...without } = server;
    expect(firstDifference(dayOf(rows).compute(1, LATE), without)).toBeUndefined();
  });
});

describe("judging", () => {
  const needs = () => ({ doubt: vi.fn(), ask: vi.fn(), answered: vi.fn() });

  /** What a server answers that is asked for an interval. */
  const answerOf = (of: RowColumns, barSeconds = 300) => {
    const bars = resample(plain(of), barSeconds);
    const { sma9, vwap, cross } = compute(bars, { ticker: "QQQ", barSeconds });
    const times = Float64Array.from(bars.times as Float64Array);
    return { barSeconds, times, sma9, vwap, cross, digest: serverOf(of, barSeconds).stored };
  };

  afterEach(() => {
    vi.useRealTimers();
  });

  test("a difference counts once everything was read again", () => {
    const asked = needs();
    const prover = createProver(asked);
    const { stored, events } = serverOf(rows, 1);
    const day = dayOf(altered("prices", 50, 0.01));
    day.merge({ digests: [stored], events });
    const series = day.compute(1, LATE);
    expect(prover.judge(day, series, true).state).toBe("pending");
    expect(prover.judge(day, series, true).state).toBe("pending");
    expect(asked.doubt).toHaveBeenCalledTimes(1);
    prover.reread();
    expect(prover.judge(day, series, true).state).toBe("different");
  });

  test("bars that do not come are read again, and what was proved before is not shown any more", () => {
    vi.useFakeTimers();
    const asked = needs();
    const prover = createProver(asked);
    const day = dayOf(rows);
    const judge = () => prover.judge(day, day.compute(1, LATE), false).state;
    expect(judge()).toBe("equal");
    day.merge({ digests: [{ ...serverOf(rows, 1).stored, bars: 3_001 }] });
    expect(judge()).toBe("equal");
    vi.advanceTimersByTime(4_000);
    expect(judge()).toBe("equal");
    expect(asked.doubt).not.toHaveBeenCalled();
    // Without a row or anything else that came.
    vi.advanceTimersByTime(1_000);
    expect(asked.answered).toHaveBeenCalledTimes(1);
    expect(judge()).toBe("pending");
    vi.advanceTimersByTime(10_000);
    expect(judge()).toBe("pending");
    expect(asked.doubt).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(20_000);
    expect(judge()).toBe("pending");
    expect(asked.doubt).toHaveBeenCalledTimes(2);
    day.merge({ digests: [serverOf(rows, 1).stored] });
    expect(judge()).toBe("equal");
    vi.advanceTimersByTime(60_000);
    expect(asked.answered).toHaveBeenCalledTimes(2);
    expect(asked.doubt).toHaveBeenCalledTimes(2);
  });

  test("a rule that is not known here proves nothing", () => {
    const day = dayOf(rows);
    day.merge({ digests: [{ ...serverOf(rows, 1).stored, rule: "sma9xvwap-close/2" }] });
    expect(createProver(needs()).judge(day, day.compute(1, LATE), true).state).toBe("unknown");
  });

  test("an interval that is not stored is asked for; the forming bar is left out while the session lasts", async () => {
    const answer = answerOf(rows);
    const stored = answer.digest;
    const asked = { ...needs(), ask: vi.fn(() => Promise.resolve(answer)) };
    const prover = createProver(asked);
    const day = dayOf(rows);
    expect(prover.judge(day, day.compute(300, LATE), true).state).toBe("pending");
    await vi.waitFor(() => expect(asked.answered).toHaveBeenCalled());
    expect(prover.judge(day, day.compute(300, LATE), true)).toMatchObject({ state: "equal", bars: 10 });
    // In session: the last row is in the middle of the last bar, which the server counts and this page does not.
    day.merge({ rows: columnsOf([{ time: start + 3_000_000, price: 601 }]) });
    const forming = { ...answer, digest: { ...stored, bars: 11, digest: "0" } };
    asked.ask.mockReturnValue(
      Promise.resolve({ ...forming, times: Float64Array.of(...answer.times, start + 3_000_000) }),
    );
    prover.reread();
    const live = day.compute(300, start + 3_000_500);
    expect(live.forming?.time).toBe(start + 3_000_000);
    prover.judge(day, live, false);
    await vi.waitFor(() => expect(asked.answered).toHaveBeenCalledTimes(2));
    expect(prover.judge(day, live, false)).toMatchObject({ state: "equal", bars: 10, there: undefined });
  });

  test("a question that failed is told of, and asked again at growing intervals", async () => {
    vi.useFakeTimers();
    const day = dayOf(rows);
    const ask = vi.fn<() => Promise<ReturnType<typeof answerOf>>>();
    const judge = () => prover.judge(day, day.compute(300, LATE), true);
    const answered = vi.fn(() => void judge());
    const prover = createProver({ doubt: vi.fn(), ask, answered });
    ask.mockRejectedValueOnce(new Error("away")).mockRejectedValueOnce(new Error("still away"));
    ask.mockResolvedValue(answerOf(rows));
    expect(judge().state).toBe("pending");
    await vi.advanceTimersByTimeAsync(1_999);
    expect(judge()).toEqual({ state: "unknown", reason: "away" });
    expect(ask).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(judge()).toEqual({ state: "unknown", reason: "still away" });
    await vi.advanceTimersByTimeAsync(3_999);
    expect(ask).toHaveBeenCalledTimes(2);
    await vi.advanceTimersByTimeAsync(1);
    expect(ask).toHaveBeenCalledTimes(3);
    expect(judge()).toMatchObject({ state: "equal", bars: 10 });
  });

  test.each(["reset", "reread"] as const)(
    "an answer from before a %s is not held against what came after",
    async (forget) => {
      const answers: ((server: ReturnType<typeof answerOf>) => void)[] = [];
      const ask = () => new Promise<ReturnType<typeof answerOf>>((give) => answers.push(give));
      const asked = { ...needs(), ask: vi.fn(ask) };
      const prover = createProver(asked);
      const day = dayOf(rows);
      const judge = () => prover.judge(day, day.compute(300, LATE), true).state;
      expect(judge()).toBe("pending");
      prover[forget]();
      expect(judge()).toBe("pending");
      answers[0]?.(answerOf(altered("prices", 1234, 0.5)));
      await Promise.resolve();
      expect(judge()).toBe("pending");
      expect(asked.doubt).not.toHaveBeenCalled();
      answers[1]?.(answerOf(rows));
      await vi.waitFor(() => expect(asked.answered).toHaveBeenCalledTimes(1));
      expect(judge()).toBe("equal");
    },
  );

  test("another interval is asked for at once, and a late answer for the one before is ignored", async () => {
    const answers: ((server: ReturnType<typeof answerOf>) => void)[] = [];
    const asked = { ...needs(), ask: () => new Promise<ReturnType<typeof answerOf>>((give) => answers.push(give)) };
    const prover = createProver(asked);
    const day = dayOf(rows);
    const judge = (barSeconds: number) => prover.judge(day, day.compute(barSeconds, LATE), true);
    expect(judge(300).state).toBe("pending");
    expect(judge(600).state).toBe("pending");
    expect(answers).toHaveLength(2);
    answers[1]?.(answerOf(rows, 600));
    await vi.waitFor(() => expect(asked.answered).toHaveBeenCalledTimes(1));
    answers[0]?.(answerOf(rows));
    await Promise.resolve();
    expect(judge(600)).toMatchObject({ state: "equal", bars: 5 });
  });
});

describe("bars that are not closed", () => {
  test("a minute is closed by a later row, by the server, or by the end of the day", () => {
    const day = createDay({ ticker: "QQQ", date: DATE, ...dayBounds(DATE) });
    day.merge({ rows: swinging(start, 90) });
    const now = start + 90_000;
    expect(day.compute(60, now).bars.times.length).toBe(1);
    expect(day.compute(60, now).forming).toMatchObject({ time: start + 60_000, cross: 0 });
    expect(day.compute(60, LATE).bars.times.length).toBe(2);
    day.merge({ digests: [{ ...serverOf(swinging(start, 90), 60).stored, bars: 2 }] });
    expect(day.compute(60, now).bars.times.length).toBe(2);
  });

  test("a forming second is shown and never stored", () => {
    const day = createDay({ ticker: "QQQ", date: DATE, ...dayBounds(DATE) });
    day.merge({ rows: swinging(start, 20) });
    const second = { barSeconds: 1, time: start + 20_000, open: 600, high: 602, low: 599, close: 601, volume: 5 };
    day.setForming(second);
    const series = day.compute(1, start + 20_500);
    expect(series.bars.times.length).toBe(20);
    expect(series.forming).toMatchObject(second);
    expect(Number.isFinite(series.forming?.sma9)).toBe(true);
    expect(day.compute(60, start + 20_500).forming).toMatchObject({ high: 602, close: 601, low: 599 });
    // Once it is stored it is no longer forming.
    day.merge({ rows: columnsOf([{ time: start + 20_000, price: 601 }]) });
    expect(day.compute(1, start + 21_000).forming).toBeUndefined();
  });

  test("the finest interval is that of the session's rows", () => {
    const day = createDay({ ticker: "QQQ", date: DATE, ...dayBounds(DATE) });
    expect(day.finest()).toBeUndefined();
    day.merge({
      rows: columnsOf([
        { time: start - 60_000, price: 1 },
        { time: start, price: 1, barSeconds: 60 },
      ]),
    });
    expect(day.finest()).toBe(60);
    day.merge({ rows: columnsOf([{ time: start + 60_000, price: 1 }]) });
    expect(day.finest()).toBe(1);
  });
});

test("the table has a line for every cross, of either side", () => {
  const { events } = serverOf(rows, 1);
  const series = dayOf(rows).compute(1, LATE);
  const [first, second] = events as [LedgerEvent, LedgerEvent];
  const ledger: LedgerEvent[] = [
    ...events.slice(2),
    first,
    { ...first, id: "f".repeat(32), time: first.time + 1 },
    { ...first, id: "e".repeat(32), time: first.time + 2 },
    { ...first, id: "e".repeat(32), time: first.time + 2, seq: 2, event: "withdrawn" },
  ];
  const states = Object.fromEntries(crossLines(series, ledger).map(({ id, state }) => [id.slice(0, 8), state]));
  expect(states[first.id.slice(0, 8)]).toBe("confirmed");
  expect(states[second.id.slice(0, 8)]).toBe("pending");
  expect(states.ffffffff).toBe("missing");
  expect(states.eeeeeeee).toBe("withdrawn");
  const lines = crossLines(series, undefined);
  expect(lines.every(({ state }) => state === "computed")).toBe(true);
  expect(lines.map(({ time }) => time)).toEqual([...lines.map(({ time }) => time)].sort((a, b) => b - a));
});

describe("telling of crosses", () => {
  const key = { ticker: "QQQ", date: DATE, ...dayBounds(DATE) };
  const line = (time: number, state: CrossLine["state"] = "confirmed", late = false): CrossLine => ({
    ...{ id: String(time), time, state, late },
    ...{ direction: "up", price: 600, sma9: 600, vwap: 599 },
  });
  const view = (lines: CrossLine[], barSeconds = 1) => ({ key, barSeconds, lines });

  test("a cross is told of once, when it is confirmed", () => {
    const next = createAnnouncements();
    expect(next(view([line(1)]))).toBeUndefined();
    expect(next(view([line(2, "pending"), line(1)]))).toBeUndefined();
    expect(next(view([line(2), line(1)]))?.time).toBe(2);
    expect(next(view([line(2), line(1)]))).toBeUndefined();
    // Nor again when one that came after it is gone.
    expect(next(view([line(3, "pending"), line(2), line(1)]))).toBeUndefined();
    expect(next(view([line(2), line(1)]))).toBeUndefined();
    // One that forms does not hold back the one before it.
    expect(next(view([line(4, "pending"), line(3), line(2), line(1)]))?.time).toBe(3);
  });

  test("the first cross of a day is told of", () => {
    const next = createAnnouncements();
    expect(next(view([]))).toBeUndefined();
    expect(next(view([line(1)]))?.time).toBe(1);
  });

  test.each([
    ["one that came late", [line(3, "confirmed", true), line(2)]],
    ["one before it, when it is withdrawn", [line(2, "withdrawn"), line(1)]],
    ["one that was put in before it", [line(2), line(1.5), line(1)]],
    ["one that only the ledger has", [line(3, "missing"), line(2)]],
  ])("nothing is told of %s", (_, lines) => {
    const next = createAnnouncements();
    next(view([line(1)]));
    expect(next(view([line(2), line(1)]))?.time).toBe(2);
    expect(next(view(lines))).toBeUndefined();
  });

  test("what another day or interval shows at first is not news", () => {
    const next = createAnnouncements();
    next(view([line(1)]));
    expect(next(view([line(60)], 60))).toBeUndefined();
    expect(next(view([line(120), line(60)], 60))?.time).toBe(120);
    expect(next({ ...view([line(180)], 60), key: { ...key } })).toBeUndefined();
    expect(next(view([line(200)]))).toBeUndefined();
  });
});
