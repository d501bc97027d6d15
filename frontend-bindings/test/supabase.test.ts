import { compute, IndicatorsError, init } from "@alpha-kite/indicators";
import {
  createBarSeries,
  crossesInForce,
  type FeedStatus,
  followBars,
  followSignals,
  readBars,
  readDigests,
  readSignals,
  type StoredBar,
} from "@alpha-kite/indicators/supabase";
import { createClient } from "@supabase/supabase-js";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import { bits, engineCase, optionsOf } from "./golden.js";
import { type Row, type Server, startServer } from "./supabase-server.js";

const one = engineCase("busy-seconds");
const options = optionsOf(one);
const rows: Row[] = one.start.map((_, row) => rowOf(row));

let server: Server;
let client: ReturnType<typeof createClient>;
let stops: (() => void)[];

beforeAll(() => init());

beforeEach(async () => {
  server = await startServer();
  server.tables.equity_data = [];
  server.tables.signals = [];
  client = createClient(server.url, "key", {
    auth: { persistSession: false, autoRefreshToken: false },
    realtime: { transport: WebSocket as never, reconnectAfterMs: () => 50, timeout: 2000 },
  });
  stops = [];
});

afterEach(async () => {
  vi.unstubAllGlobals();
  for (const stop of stops) stop();
  await client.removeAllChannels();
  client.realtime.disconnect();
  await server.close();
});

function rowOf(row: number): Row {
  const six = (text: string | undefined) => Number(text).toFixed(6);
  return {
    ticker: one.ticker,
    timestamp: new Date(one.start[row] ?? 0).toISOString().replace(".000Z", "+00:00"),
    open: six(one.open[row]),
    high: six(one.high[row]),
    low: six(one.low[row]),
    price: six(one.close[row]),
    volume: String(one.volume[row]),
    bar_seconds: 1,
    source: "stream",
    created_at: new Date((one.start[row] ?? 0) + 1500).toISOString().replace("Z", "+00:00"),
  };
}

function table(name: string): Row[] {
  return server.tables[name] as Row[];
}

/** Rows of another ticker, which nobody asked for. */
const others = rows.slice(0, 50).map((row) => ({ ...row, ticker: "SPY" }));

describe("reading bars", () => {
  test("past the server's cap, in order, to the golden digest", async () => {
    table("equity_data").push(...others, ...[...rows].reverse());
    const bars = await readBars(client, { ticker: one.ticker });
    expect(bars.length).toBe(rows.length);
    expect(rows.length).toBeGreaterThan(3000);
    const series = createBarSeries();
    series.push(bars);
    const { sma9, vwap, sessions } = compute(series.columns(), options);
    expect(bits(sma9)).toEqual(one.sma9);
    expect(bits(vwap)).toEqual(one.vwap);
    expect(sessions[0]).toMatchObject({ digest: one.sessions[0]?.digest, rowDigest: one.sessions[0]?.row_digest });
    // Four pages, an empty one, and the count.
    expect(server.requests.length).toBe(6);
    expect(server.requests.at(-1)).toMatch(/^HEAD/);
  });

  test("whatever the cap is", async () => {
    table("equity_data").push(...rows.slice(0, 100));
    server.cap = 7;
    expect((await readBars(client, { ticker: one.ticker })).length).toBe(100);
  });

  test("between two moments", async () => {
    table("equity_data").push(...rows);
    const [from = 0, to = 0] = [one.start[10], one.start[20]];
    const bars = await readBars(client, { ticker: one.ticker, from, to });
    expect(bars.map(({ time }) => time)).toEqual(one.start.slice(10, 20));
  });

  test("none at all", async () => {
    expect(await readBars(client, { ticker: one.ticker })).toEqual([]);
  });

  test("again when rows come in behind the reader's back", async () => {
    const late = table("equity_data");
    late.push(...rows.slice(1));
    let asked = 0;
    server.beforeAnswer = () => {
      asked += 1;
      if (asked === 3) late.push(rows[0] as Row);
    };
    expect((await readBars(client, { ticker: one.ticker })).length).toBe(rows.length);
  });

  test("and saying so when the numbers never agree", async () => {
    const growing = table("equity_data");
    growing.push(...rows.slice(100));
    let next = 0;
    server.beforeAnswer = (request) => {
      if (request.startsWith("HEAD")) growing.push(rows[next++] as Row);
    };
    await expect(readBars(client, { ticker: one.ticker })).rejects.toMatchObject({ code: "incomplete_read" });
  });

  test("and saying what the server says", async () => {
    server.fault = { status: 403, message: "permission denied for table equity_data" };
    const error = await readBars(client, { ticker: one.ticker }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(IndicatorsError);
    expect(error).toMatchObject({ code: "read_failed", message: "permission denied for table equity_data" });
  });

  test("until it is aborted", async () => {
    table("equity_data").push(...rows);
    const abort = new AbortController();
    server.beforeAnswer = () => abort.abort();
    const reading = readBars(client, { ticker: one.ticker, signal: abort.signal });
    await expect(reading).rejects.toMatchObject({ code: "read_failed" });
    expect(server.requests.length).toBe(1);
  });

  test("with six decimals that no double has to carry", async () => {
    table("equity_data").push({ ...(rows[0] as Row), price: "9999999.999999", volume: "9007199254740991" });
    const [bar] = await readBars(client, { ticker: one.ticker });
    expect(bar).toMatchObject({ priceMicros: 9_999_999_999_999, volume: Number.MAX_SAFE_INTEGER });
  });
});

function signal(id: string, seq: number, at: number): Row {
  return {
    id: id.padStart(32, "0"),
    seq,
    event: seq % 2 === 1 ? "confirmed" : "withdrawn",
    ticker: one.ticker,
    bar_seconds: 60,
    timestamp: new Date(at).toISOString(),
    direction: "up",
    price: "598.123400",
    sma9: 598.1000000000001,
    vwap: 598.05,
    rule: "sma9xvwap-close/1",
    late: false,
    recorded_at: new Date(at + 60_000 * seq).toISOString(),
  };
}

describe("reading signals", () => {
  test("all events, also where many share a moment and a page ends between them", async () => {
    server.cap = 3;
    const events = [
      signal("a", 1, 1000),
      signal("a", 2, 1000),
      signal("a", 3, 1000),
      signal("b", 1, 1000),
      signal("b", 2, 1000),
    ];
    table("signals").push(...events, signal("c", 1, 2000), signal("d", 1, 500));
    const read = await readSignals(client, { ticker: one.ticker });
    const short = read.map(({ id, seq }) => id.slice(-1) + seq);
    expect(short).toEqual(["d1", "a1", "a2", "a3", "b1", "b2", "c1"]);
    expect(read[1]).toMatchObject({ priceMicros: 598_123_400, sma9: 598.1000000000001, direction: "up", late: false });
    expect(crossesInForce(read).map(({ id }) => id.slice(-1))).toEqual(["d", "a", "c"]);
    expect(crossesInForce([...read].reverse()).map(({ id }) => id.slice(-1))).toEqual(["d", "a", "c"]);
  });

  test("of one series", async () => {
    table("signals").push(signal("a", 1, 1000), { ...signal("b", 1, 1000), bar_seconds: 1 });
    const read = await readSignals(client, { ticker: one.ticker, barSeconds: 1, from: 0, to: 2000 });
    expect(read.map(({ barSeconds }) => barSeconds)).toEqual([1]);
  });
});

test("reading digests", async () => {
  server.tables.session_digests = [
    {
      ticker: one.ticker,
      bar_seconds: 1,
      date: "2019-02-11",
      bars: 3040,
      digest: "0".repeat(16),
      row_digest: "1".repeat(16),
    },
    {
      ticker: one.ticker,
      bar_seconds: 60,
      date: "2019-02-11",
      bars: 51,
      digest: "2".repeat(16),
      row_digest: "3".repeat(16),
    },
  ];
  const query = { ticker: one.ticker, barSeconds: 1, from: "2019-02-11", to: "2019-02-11" };
  expect(await readDigests(client, query)).toEqual([
    { date: "2019-02-11", n: 3040, digest: "0".repeat(16), rowDigest: "1".repeat(16) },
  ]);
  server.fault = { status: 500, message: "no" };
  await expect(readDigests(client, query)).rejects.toMatchObject({ code: "read_failed" });
});

/** Follows the ticker and keeps what comes. */
function following() {
  const series = createBarSeries();
  const statuses: FeedStatus["status"][] = [];
  const delivered: StoredBar[] = [];
  const waiting = new Set<() => void>();
  const stop = followBars(
    client,
    { ticker: one.ticker },
    {
      onRows(bars) {
        delivered.push(...bars);
        series.push(bars);
        for (const look of waiting) look();
      },
      onStatus({ status }) {
        statuses.push(status);
        for (const look of waiting) look();
      },
    },
  );
  stops.push(stop);
  const until = (holds: () => boolean) =>
    new Promise<void>((resolve, reject) => {
      const patience = setTimeout(
        () => reject(new Error(`waited in vain: ${statuses}, ${series.length} rows`)),
        20_000,
      );
      const look = () => {
        if (!holds()) return;
        clearTimeout(patience);
        waiting.delete(look);
        resolve();
      };
      waiting.add(look);
      look();
    });
  const live = () => until(() => statuses.at(-1) === "live");
  return { series, statuses, delivered, stop, until, live };
}

describe("following bars", () => {
  test("what is stored, then what comes", async () => {
    table("equity_data").push(...rows.slice(0, 2000));
    const feed = following();
    await feed.live();
    expect(feed.series.length).toBe(2000);
    expect(feed.statuses).toEqual(["connecting", "live"]);
    for (const row of rows.slice(2000)) server.insert("equity_data", row);
    server.insert("equity_data", others[0] as Row);
    await feed.until(() => feed.series.length === rows.length);
    expect(compute(feed.series.columns(), options).sessions[0]?.digest).toBe(one.sessions[0]?.digest);
  });

  test("what was missed while the channel was lost, late rows and revised ones", async () => {
    const hole = 1500;
    const rest = rows.filter((_, row) => row !== hole);
    table("equity_data").push(...rest.slice(0, 2000));
    table("equity_data")[3] = { ...(rest[3] as Row), price: "1.000001" };
    const feed = following();
    await feed.live();

    server.refuse = true;
    server.cut();
    await feed.until(() => feed.statuses.at(-1) === "lost");
    table("equity_data").push(...rest.slice(2000, 2500));
    // A hole is filled while nobody listens: an early row, stored last.
    const newest = rest[2499] as Row;
    table("equity_data").push({
      ...(rows[hole] as Row),
      source: "backfill",
      created_at: newest.created_at as string,
    });
    // A row is written anew in its place; it says as before when it was stored.
    table("equity_data")[3] = rest[3] as Row;
    server.refuse = false;
    await feed.until(() => feed.statuses.at(-1) === "live" && feed.series.length === 2501);
    expect(feed.statuses).toContain("lost");
    expect(feed.delivered.filter(({ time }) => time === one.start[3]).length).toBe(2);

    for (const row of rest.slice(2500)) server.insert("equity_data", row);
    await feed.until(() => feed.series.length === rows.length);
    expect(compute(feed.series.columns(), options).sessions[0]).toMatchObject({ digest: one.sessions[0]?.digest });

    const last = rows.at(-1) as Row;
    server.announce("equity_data", "UPDATE", { ...last, price: "1.000001" });
    await feed.until(() => feed.series.columns().prices.at(-1) === 1_000_001n);
    expect(feed.series.length).toBe(rows.length);
  });

  test("without a channel it is read what comes, and the channel is taken when there is one", async () => {
    server.refuse = true;
    table("equity_data").push(...rows.slice(0, 2000));
    const feed = following();
    await feed.until(() => feed.statuses.at(-1) === "polling");
    expect(feed.series.length).toBe(2000);
    table("equity_data").push(...rows.slice(2000));
    table("equity_data")[3] = { ...(rows[3] as Row), price: "1.000001" };
    const asked = server.requests.length;
    await feed.until(() => feed.series.length === rows.length);
    expect(feed.statuses.at(-1)).toBe("polling");
    // By cursor: the 2,000 rows known before are not read again, but for those of the last minute.
    expect(feed.delivered.length).toBeLessThan(rows.length + 200);
    expect(server.requests.slice(asked).every((request) => request.includes("created_at.gte"))).toBe(true);
    server.refuse = false;
    await feed.live();
    expect(feed.statuses.slice(-2)).toEqual(["polling", "live"]);
    expect(feed.series.columns().prices[3]).toBe(1_000_001n);
  });

  test("a channel that is back counts when the server listens to the database", async () => {
    table("equity_data").push(...rows.slice(0, 2000));
    const feed = following();
    await feed.live();
    server.deaf = true;
    server.cut();
    await feed.until(() => feed.statuses.at(-1) === "polling");
    table("equity_data")[3] = { ...(rows[3] as Row), price: "1.000001" };
    table("equity_data").push(rows[2000] as Row);
    await feed.until(() => feed.series.length === 2001);
    // Reading everything fails once, and is not forgotten.
    server.beforeAnswer = (request) => {
      if (request.includes("created_at.gte")) return;
      server.beforeAnswer = () => {};
      server.fault = { status: 500, message: "unavailable" };
    };
    server.hear();
    await feed.until(() => feed.statuses.at(-1) === "lost");
    server.fault = undefined;
    await feed.live();
    expect(feed.series.columns().prices[3]).toBe(1_000_001n);
    server.insert("equity_data", rows[2001] as Row);
    await feed.until(() => feed.series.length === 2002);
  });

  test("rows that are stored while the past is read are not lost", async () => {
    table("equity_data").push(...rows.slice(0, 2500));
    let asked = 0;
    server.beforeAnswer = (request) => {
      asked += 1;
      if (!request.startsWith("GET") || asked !== 2) return;
      for (const row of rows.slice(2500, 2600)) server.insert("equity_data", row);
    };
    const feed = following();
    await feed.until(() => feed.statuses.at(-1) === "live" && feed.series.length === 2600);
  });

  test("a row that is revised while the past is read stays revised", async () => {
    const stored = table("equity_data");
    stored.push(...rows.slice(0, 2500));
    const revised = { ...(rows[5] as Row), price: "1.000001" };
    let asked = 0;
    server.beforeAnswer = (request) => {
      asked += 1;
      if (!request.startsWith("GET") || asked !== 2) return;
      stored[5] = revised;
      server.announce("equity_data", "UPDATE", revised);
    };
    const feed = following();
    await feed.until(() => feed.statuses.at(-1) === "live" && feed.series.columns().prices[5] === 1_000_001n);
    expect(feed.series.length).toBe(2500);
  });

  test("a row that comes while the past cannot be read is delivered", async () => {
    table("equity_data").push(...rows.slice(0, 2500));
    let asked = 0;
    server.beforeAnswer = () => {
      asked += 1;
      if (asked === 2) server.insert("equity_data", rows[2500] as Row);
      if (asked === 3) server.fault = { status: 500, message: "unavailable" };
    };
    const feed = following();
    await feed.until(() => feed.statuses.at(-1) === "lost" && feed.series.length === 1);
    server.fault = undefined;
    await feed.until(() => feed.statuses.at(-1) === "live" && feed.series.length === 2501);
  });

  test("rows that were not taken are delivered again", async () => {
    table("equity_data").push(...rows.slice(0, 2000));
    const codes: string[] = [];
    let offered = 0;
    const taken = await new Promise<readonly StoredBar[]>((resolve) => {
      const stop = followBars(
        client,
        { ticker: one.ticker },
        {
          onRows(bars) {
            offered += 1;
            if (offered === 1) throw new Error("no room");
            resolve(bars);
          },
          onStatus(status) {
            if (status.status === "lost") codes.push(`${status.error.code}: ${status.error.message}`);
          },
        },
      );
      stops.push(stop);
    });
    expect(codes).toEqual(["read_failed: no room"]);
    expect(taken.map(({ time }) => time)).toEqual(one.start.slice(0, 2000));
  });

  test("a server that is away is asked again", async () => {
    table("equity_data").push(...rows.slice(0, 10));
    server.fault = { status: 500, message: "unavailable" };
    const feed = following();
    await feed.until(() => feed.statuses.at(-1) === "lost");
    server.fault = undefined;
    await feed.live();
    expect(feed.series.length).toBe(10);
  });

  test("a channel that was closed while the server was away is opened again", async () => {
    table("equity_data").push(...rows.slice(0, 10));
    const feed = following();
    await feed.live();
    const failed = (times: number) => feed.until(() => feed.statuses.filter((told) => told === "lost").length >= times);
    server.fault = { status: 500, message: "unavailable" };
    server.announce("equity_data", "INSERT", { ticker: one.ticker }, ["Error 413: Payload Too Large"]);
    // By now what fails is tried again after four to eight seconds, which is later than the next reading.
    await failed(4);
    server.closeChannels();
    await failed(6);
    server.fault = undefined;
    table("equity_data").push(rows[10] as Row);
    await feed.live();
    server.insert("equity_data", rows[11] as Row);
    await feed.until(() => feed.series.length === 12);
  });

  test("a channel that is cut again and again does not keep rows from being read", async () => {
    server.cutJoins = true;
    table("equity_data").push(...rows.slice(0, 10));
    const feed = following();
    await feed.until(() => feed.statuses.at(-1) === "polling");
    table("equity_data").push(rows[10] as Row);
    await feed.until(() => feed.series.length === 11);
    server.cutJoins = false;
    await feed.live();
  });

  test("a row that could not be sent whole is read", async () => {
    table("equity_data").push(...rows.slice(0, 10));
    const feed = following();
    await feed.live();
    table("equity_data").push(rows[10] as Row);
    server.announce("equity_data", "INSERT", { ticker: one.ticker }, ["Error 413: Payload Too Large"]);
    await feed.until(() => feed.series.length === 11);
  });

  test("in a page that is no secure context, twice with one client", async () => {
    vi.stubGlobal("crypto", { getRandomValues: crypto.getRandomValues.bind(crypto) });
    table("equity_data").push(...rows.slice(0, 10));
    const feeds = [following(), following()];
    for (const feed of feeds) await feed.live();
    server.insert("equity_data", rows[10] as Row);
    for (const feed of feeds) await feed.until(() => feed.series.length === 11);
  });

  test("stopping ends everything", async () => {
    const feed = following();
    await feed.live();
    feed.stop();
    feed.stop();
    const patience = Date.now() + 10_000;
    while (server.subscribed() && Date.now() < patience) await new Promise((wake) => setTimeout(wake, 5));
    expect(server.subscribed()).toBe(false);
    const told = feed.statuses.length;
    server.insert("equity_data", rows[0] as Row);
    server.cut();
    await new Promise((wake) => setTimeout(wake, 100));
    expect([feed.series.length, feed.statuses.length]).toEqual([0, told]);
  });
});

test("following signals", async () => {
  table("signals").push(signal("a", 1, 1000), { ...signal("x", 1, 1000), bar_seconds: 1 });
  const events: string[] = [];
  const arrived = new Promise<void>((resolve) => {
    const stop = followSignals(
      client,
      { ticker: one.ticker, barSeconds: 60 },
      {
        onRows(more) {
          events.push(...more.map(({ id, seq }) => id.slice(-1) + seq));
          if (events.includes("b1")) resolve();
        },
        onStatus({ status }) {
          if (status !== "live") return;
          server.insert("signals", { ...signal("y", 1, 2000), bar_seconds: 1 });
          server.insert("signals", signal("a", 2, 1000));
          server.insert("signals", signal("b", 1, 2000));
        },
      },
    );
    stops.push(stop);
  });
  await arrived;
  expect([...new Set(events)]).toEqual(["a1", "a2", "b1"]);
});

test("following signals by cursor when the channel was lost, since they are never revised", async () => {
  const hour = 3_600_000;
  table("signals").push(signal("a", 1, 0), signal("b", 1, hour));
  const events: string[] = [];
  const statuses: FeedStatus["status"][] = [];
  const arrived = new Promise<void>((resolve) => {
    const stop = followSignals(
      client,
      { ticker: one.ticker },
      {
        onRows: (more) => events.push(...more.map(({ id, seq }) => id.slice(-1) + seq)),
        onStatus({ status }) {
          statuses.push(status);
          if (status !== "live") return;
          if (events.includes("c1")) {
            resolve();
            return;
          }
          table("signals").push(signal("c", 1, 2 * hour));
          server.cut();
        },
      },
    );
    stops.push(stop);
  });
  await arrived;
  expect(statuses).toContain("lost");
  expect(events.filter((event) => event === "a1")).toEqual(["a1"]);
});

describe("a series of bars", () => {
  const bar = (time: number, price: number): StoredBar => ({
    time,
    openMicros: price,
    highMicros: price,
    lowMicros: price,
    priceMicros: price,
    volume: 1,
    barSeconds: 1,
    source: "stream",
    createdAt: time,
  });

  test("leaves columns that were handed out as they are", () => {
    const series = createBarSeries();
    series.push([bar(1, 10), bar(2, 20)]);
    const before = series.columns();
    expect(series.columns()).toBe(before);
    series.push([bar(3, 30)]);
    series.push([bar(2, 25)]);
    series.push([]);
    expect(Array.from(before.prices)).toEqual([10n, 20n]);
    expect(Array.from(series.columns().prices)).toEqual([10n, 25n, 30n]);
  });

  test("orders and merges whatever comes", () => {
    const series = createBarSeries();
    const all = Array.from({ length: 5000 }, (_, at) => bar(at, at));
    for (let at = 0; at < 5000; at += 7) series.push([...all.slice(at, at + 7)].reverse());
    series.push(all.slice(100, 200));
    expect(series.length).toBe(5000);
    expect(Array.from(series.columns().times)).toEqual(all.map(({ time }) => time));
  });
});
