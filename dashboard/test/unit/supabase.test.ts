import { init } from "@alpha-kite/indicators";
import { createClient } from "@supabase/supabase-js";
import { afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import { createDay, type Day } from "@/model/day";
import { dayBounds } from "@/model/eastern";
import { compareWithServer } from "@/model/parity";
import { createSupabaseSource } from "@/source/supabase/source";
import type { DayKey, Following, Link, Source } from "@/source/types";
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
  });
  source = createSupabaseSource(client as never);
});

afterEach(async () => {
  following?.stop();
  await client.removeAllChannels();
  client.realtime.disconnect();
  await server.close();
});

function follow(): { day: Day; links: Link["state"][] } {
  const day = createDay(KEY);
  const links: Link["state"][] = [];
  following = source.follow(KEY, {
    onDay: (contents) => day.replace(contents),
    onChange: (change) => day.merge(change),
    onForming: () => {},
    onStatus: () => {},
    onClock: () => {},
    onLink: ({ state }) => links.push(state),
    onOtherDay: () => {},
  });
  return { day, links };
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
  const { links } = follow();
  await vi.waitFor(() => expect(links.at(-1)).toBe("live"), 20_000);
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
