import { init } from "@alpha-kite/indicators";
import { createClient } from "@supabase/supabase-js";
import { afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import { createDay, type Day } from "@/model/day";
import { dayBounds } from "@/model/eastern";
import { compareWithServer } from "@/model/parity";
import { createSupabaseSource } from "@/source/supabase/source";
import type { DayKey, Following, Link, ServerStatus, Source } from "@/source/types";
import { type Row, type Server, startServer } from "../../../frontend-bindings/test/supabase-server";
import { type Fixture, startFixture } from "../fixture/server.js";
import { fillTables } from "../fixture/tables";

// The tables are filled from the made-up rows that the other tests have over HTTP.
const DATE = "2026-11-20";
const KEY: DayKey = { ticker: "QQQ", date: DATE, ...dayBounds(DATE) };
const LATE = Number.MAX_SAFE_INTEGER;

let fixture: Fixture;
let server: Server;
let source: Source;
let client: ReturnType<typeof createClient>;
let following: Following | undefined;
/** Lets an answer wait. */
let hold: ((url: string) => Promise<void>) | undefined;

beforeAll(async () => {
  await init();
  fixture = await startFixture({ live: false, days: 1, tickers: ["QQQ"] });
  return () => fixture.close();
});

beforeEach(async () => {
  server = await startServer();
  await fillTables(server, fixture.url, KEY);
  client = createClient(server.url, "key", {
    auth: { persistSession: false, autoRefreshToken: false },
    realtime: { transport: WebSocket as never },
    global: {
      async fetch(input, init) {
        const answer = await fetch(input, init);
        await hold?.(String(input));
        return answer;
      },
    },
  });
  source = createSupabaseSource(client as never);
});

afterEach(async () => {
  following?.stop();
  hold = undefined;
  await client.removeAllChannels();
  client.realtime.disconnect();
  await server.close();
});

/** Follows the day; `days` are the numbers of rows of each time that it was delivered whole. */
function follow(): { day: Day; days: number[]; links: Link["state"][]; statuses: ServerStatus[] } {
  const day = createDay(KEY);
  const days: number[] = [];
  const links: Link["state"][] = [];
  const statuses: ServerStatus[] = [];
  following = source.follow(KEY, {
    onDay(contents) {
      day.replace(contents);
      days.push(day.rows.length);
    },
    onChange: (change) => day.merge(change),
    onForming: () => {},
    onStatus: (status) => statuses.push(status),
    onClock: () => {},
    onLink: ({ state }) => links.push(state),
    onOtherDay: () => {},
  });
  return { day, days, links, statuses };
}

test("a day of the tables gives the digests that are in them", async () => {
  const { day, links } = follow();
  await vi.waitFor(() => expect(day.rows.length).toBe(server.tables.equity_data?.length), 20_000);
  await vi.waitFor(() => expect(links.at(-1)).toBe("live"), 20_000);
  const series = day.compute(1, LATE);
  expect(compareWithServer(series, day.digestOf(1), day.events).state).toBe("equal");
  expect(series.crosses.length).toBeGreaterThan(10);
  expect(day.gaps).toMatchObject([{ cause: "silence", state: "repaired" }]);
  // A row that comes by the channel is taken in.
  const [first] = server.tables.equity_data ?? [];
  server.announce("equity_data", "UPDATE", { ...first, price: "1.000000" } as Row);
  await vi.waitFor(() => expect(day.rows.columns().prices[0]).toBe(1));
});

test("what has no channel and could not be read is lost only until it is read", async () => {
  const { days, links } = follow();
  await vi.waitFor(() => expect(days).toHaveLength(1), 20_000);
  let isDown = true;
  server.beforeAnswer = (request) => {
    server.fault = isDown && request.includes("/gaps?") ? { status: 400, message: "it is down" } : undefined;
  };
  following?.wake();
  await vi.waitFor(() => expect(links.at(-1)).toBe("lost"), 10_000);
  isDown = false;
  following?.wake();
  await vi.waitFor(() => expect(links.at(-1)).toBe("live"), 10_000);
});

test("a day that is read again is delivered whole, whatever was under way", async () => {
  const { days } = follow();
  const all = server.tables.equity_data?.length;
  await vi.waitFor(() => expect(days).toEqual([all]), 20_000);
  // Digests, gaps and health are being read when everything is to be read again.
  let release: (() => void) | undefined;
  hold = (url) =>
    url.includes("/gaps?") && url.includes("started_at%2Cended_at") && release === undefined
      ? new Promise((done) => {
          release = done;
        })
      : Promise.resolve();
  following?.wake();
  await vi.waitFor(() => expect(release).toBeDefined(), 10_000);
  following?.reload();
  release?.();
  await vi.waitFor(() => expect(days.length).toBeGreaterThan(1), 20_000);
  expect(days).toEqual([all, all]);
});

test("a day whose rows cannot be read is not delivered without them", async () => {
  const { days, statuses } = follow();
  const all = server.tables.equity_data?.length;
  await vi.waitFor(() => expect(days).toEqual([all]), 20_000);
  server.beforeAnswer = (request) => {
    server.fault = request.includes("open::text") ? { status: 400, message: "it is down" } : undefined;
  };
  following?.reload();
  const before = statuses.length;
  await vi.waitFor(() => expect(statuses.length).toBeGreaterThan(before), 20_000);
  server.beforeAnswer = () => {
    server.fault = undefined;
  };
  following?.reload();
  await vi.waitFor(() => expect(days.length).toBeGreaterThan(1), 20_000);
  expect(days).toEqual([all, all]);
});

test("tickers, sessions, status and values are read", async () => {
  const signal = new AbortController().signal;
  expect(await source.tickers(signal)).toEqual(["QQQ"]);
  expect(await source.sessions("QQQ", signal)).toEqual([{ date: DATE }]);
  expect((await source.status("QQQ", signal)).status).toMatchObject({
    connection: { state: "live" },
    latency: { p99: 4 },
    gapsOpen: 0,
  });
  const values = await source.series(KEY, 1, signal);
  expect(values.times.length).toBeGreaterThan(23_000);
  expect(Number.isNaN(values.sma9[0])).toBe(true);
  server.fault = { status: 500, message: "it is down" };
  await expect(source.tickers(signal)).rejects.toThrow("Supabase: it is down");
});
