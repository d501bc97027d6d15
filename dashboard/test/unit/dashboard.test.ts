import { init } from "@alpha-kite/indicators";
import { afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { createDashboard, type Dashboard } from "@/model/dashboard";
import { dayBounds } from "@/model/eastern";
import type { DayHandler, DayKey, ServerStatus, Source } from "@/source/types";
import { columnsOf } from "./columns";

const DATE = "2026-11-20";
const OPEN = dayBounds(DATE).from + 9.5 * 3_600_000;
const PRICES: Record<string, number> = { QQQ: 600, SPY: 500 };

interface Follower {
  readonly key: DayKey;
  readonly handler: DayHandler;
  stopped: boolean;
}

/** A source whose answers are given by hand, and who followed it. */
function standIn() {
  const followers: Follower[] = [];
  const status: ServerStatus = { lastRow: OPEN, gapsOpen: 0 };
  const source = {
    name: "stand-in",
    computesAnyInterval: false,
    tickers: vi.fn(async () => ["QQQ", "SPY"]),
    status: vi.fn(async (_ticker: string) => ({ status, clock: { now: OPEN + 5_000, speed: 1 } })),
    sessions: vi.fn(async () => [{ date: "2026-11-19" }, { date: DATE }]),
    series: vi.fn(async () => {
      throw new Error("not asked for");
    }),
    follow(key: DayKey, handler: DayHandler) {
      const follower: Follower = { key, handler, stopped: false };
      followers.push(follower);
      return {
        reload: () => {},
        wake: () => {},
        stop: () => {
          follower.stopped = true;
        },
      };
    },
  } satisfies Source;
  return { source, followers };
}

let dashboard: Dashboard;

beforeAll(() => init());

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("requestAnimationFrame", (task: () => void) => setTimeout(task, 16));
  vi.stubGlobal("cancelAnimationFrame", (frame: number) => clearTimeout(frame));
});

afterEach(() => {
  dashboard.stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** Starts the page and lets the day that it follows be read. */
async function begin(wanted: { date?: string } = {}) {
  const made = standIn();
  dashboard = createDashboard(async () => made.source, { ticker: "QQQ", date: wanted.date, barSeconds: 1 });
  dashboard.start();
  await vi.advanceTimersByTimeAsync(0);
  await deliver(made.followers);
  return made;
}

/** The newest follower is given its day: one row. */
async function deliver(followers: readonly Follower[]) {
  const { key, handler } = followers.at(-1) as Follower;
  const rows = columnsOf([{ time: key.from + 9.5 * 3_600_000, price: PRICES[key.ticker] ?? 0 }]);
  handler.onLink({ state: "live" });
  handler.onDay({ rows, events: [], digests: [], gaps: [] });
  await vi.advanceTimersByTimeAsync(200);
}

/** A promise that is kept by hand. */
function held<Value>() {
  let keep: (value: Value) => void = () => {};
  const promise = new Promise<Value>((resolve) => {
    keep = resolve;
  });
  return { promise, keep };
}

test("nothing of a ticker stands under the name of another", async () => {
  const { source, followers } = await begin();
  expect(dashboard.get()).toMatchObject({ ticker: "QQQ", view: { lastPrice: 600 } });
  const answer = held<Awaited<ReturnType<typeof source.status>>>();
  source.status.mockReturnValueOnce(answer.promise);
  dashboard.select({ ticker: "SPY" });
  expect(dashboard.get()).toMatchObject({ ticker: "SPY", view: undefined, link: { state: "connecting" } });
  await vi.advanceTimersByTimeAsync(1_000);
  expect(followers[0]).toMatchObject({ stopped: true });
  expect(dashboard.get().view).toBeUndefined();
  answer.keep({ status: { lastRow: OPEN, gapsOpen: 0 }, clock: { now: OPEN + 5_000, speed: 1 } });
  await vi.advanceTimersByTimeAsync(0);
  await deliver(followers);
  expect(dashboard.get()).toMatchObject({ ticker: "SPY", view: { lastPrice: 500 } });
});

test("a newest day that cannot be told is asked for again", async () => {
  const { source, followers } = await begin();
  source.status.mockRejectedValueOnce(new Error("away"));
  dashboard.select({ ticker: "SPY" });
  await vi.advanceTimersByTimeAsync(0);
  expect(dashboard.get()).toMatchObject({ view: undefined, link: { state: "lost" }, problem: "away" });
  await vi.advanceTimersByTimeAsync(2_000);
  expect(followers.at(-1)?.key.ticker).toBe("SPY");
  // On waking it is asked for at once, and the question that waited is not asked any more.
  source.status.mockRejectedValueOnce(new Error("away"));
  dashboard.select({ ticker: "QQQ" });
  await vi.advanceTimersByTimeAsync(0);
  dashboard.wake();
  await vi.advanceTimersByTimeAsync(0);
  expect(followers.at(-1)?.key.ticker).toBe("QQQ");
  await vi.advanceTimersByTimeAsync(10_000);
  expect(followers).toHaveLength(3);
});

test("of several selections the last one is shown, whatever is answered first", async () => {
  const { source, followers } = await begin();
  const slow = held<Awaited<ReturnType<typeof source.status>>>();
  source.status.mockReturnValueOnce(slow.promise);
  dashboard.select({ ticker: "SPY" });
  dashboard.select({ date: "2026-11-19" });
  dashboard.select({ ticker: "QQQ", date: undefined });
  await vi.advanceTimersByTimeAsync(0);
  slow.keep({ status: { lastRow: OPEN, gapsOpen: 0 }, clock: { now: OPEN + 5_000, speed: 1 } });
  await vi.advanceTimersByTimeAsync(0);
  expect(followers.map(({ key }) => `${key.ticker} ${key.date}`)).toEqual([
    `QQQ ${DATE}`,
    "SPY 2026-11-19",
    `QQQ ${DATE}`,
  ]);
  expect(followers.map(({ stopped }) => stopped)).toEqual([true, true, false]);
});

test("a day that is only pinned stays as it is", async () => {
  const { followers } = await begin();
  const { view } = dashboard.get();
  dashboard.select({ date: DATE });
  expect(dashboard.get()).toMatchObject({ pinned: true, view });
  expect(followers).toHaveLength(1);
});

test("a later day than the one looked at makes the sessions be read once, and seldom again", async () => {
  const { source, followers } = await begin({ date: "2026-11-19" });
  source.sessions.mockClear();
  const tell = (time: number) => followers.at(-1)?.handler.onOtherDay(time);
  // One that is known is no news.
  tell(OPEN);
  expect(source.sessions).not.toHaveBeenCalled();
  const slow = held<{ date: string }[]>();
  source.sessions.mockReturnValueOnce(slow.promise);
  const later = dayBounds("2026-11-23").from;
  tell(later);
  await vi.advanceTimersByTimeAsync(60_000);
  tell(later);
  expect(source.sessions).toHaveBeenCalledTimes(1);
  slow.keep([{ date: DATE }]);
  await vi.advanceTimersByTimeAsync(0);
  for (let second = 0; second < 29; second += 1) {
    tell(later);
    await vi.advanceTimersByTimeAsync(1_000);
  }
  expect(source.sessions).toHaveBeenCalledTimes(2);
  expect(dashboard.get()).toMatchObject({ pinned: true, date: "2026-11-19" });
  expect(followers).toHaveLength(1);
});
