import { init } from "@alpha-kite/indicators";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { dayBounds } from "@/model/eastern";
import { createRows } from "@/model/rows";
import { createEventReader } from "@/source/http/event-stream";
import { createHttpSource } from "@/source/http/source";
import type { DayKey, Following, Link, StoredDigest } from "@/source/types";
import { type Fixture, type FixtureOptions, startFixture } from "../fixture/server.js";

beforeAll(() => init());

describe("event streams", () => {
  const text =
    ': keep\r\nretry: 1000\n\nevent: hello\ndata: {"a":1}\n\nid: e-1\nevent: commit\ndata: one\ndata: two\n\ndata\n\nid: e-2\n\n';

  test.each([1, 2, 3, 7, 1000])("are read in pieces of %i characters", (size) => {
    const read = createEventReader();
    const events = [];
    for (let at = 0; at < text.length; at += size) events.push(...read(text.slice(at, at + size)));
    expect(events).toEqual([
      { name: "hello", data: '{"a":1}', id: undefined },
      { name: "commit", data: "one\ntwo", id: "e-1" },
      { name: "message", data: "", id: "e-1" },
    ]);
  });
});

describe("following a day", () => {
  let fixture: Fixture;
  let following: Following | undefined;

  afterEach(async () => {
    following?.stop();
    vi.restoreAllMocks();
    await fixture.close();
  });

  /** Follows a day, counted from the end, and keeps what comes. */
  async function follow(options: FixtureOptions, at = -1) {
    fixture = await startFixture({ tickers: ["QQQ"], days: 2, ...options });
    const date = fixture.sessions.at(at)?.date ?? "";
    const key: DayKey = { ticker: "QQQ", date, ...dayBounds(date) };
    const seen = { rows: createRows(), digests: [] as StoredDigest[], links: [] as Link["state"][], days: 0, other: 0 };
    following = createHttpSource(fixture.url).follow(key, {
      onDay(day) {
        seen.rows = createRows();
        seen.rows.merge(day.rows);
        seen.digests = [...day.digests];
        seen.days += 1;
      },
      onChange({ rows, digests }) {
        if (rows !== undefined) seen.rows.merge(rows);
        for (const digest of digests ?? []) {
          seen.digests = [...seen.digests.filter(({ barSeconds }) => barSeconds !== digest.barSeconds), digest];
        }
      },
      onForming: () => {},
      onStatus: () => {},
      onClock: () => {},
      onLink: ({ state }) => seen.links.push(state),
      onOtherDay: () => {
        seen.other += 1;
      },
    });
    return seen;
  }

  const stored = async () => {
    const answer = await fetch(`${fixture.url}v1/bars?ticker=QQQ&date=${fixture.sessions.at(-1)?.date}`);
    return ((await answer.json()) as { n: number }).n;
  };
  const complete = async (seen: { rows: { length: number } }) => {
    fixture.control.hold = true;
    const rows = await stored();
    await vi.waitFor(() => expect(seen.rows.length).toBe(rows), 10_000);
    fixture.control.hold = false;
  };

  test("rows come by the stream", async () => {
    const seen = await follow({ at: "09:35", speed: 60 });
    await vi.waitFor(() => expect(seen.days).toBe(1), 10_000);
    const before = seen.rows.length;
    await vi.waitFor(() => expect(seen.rows.length).toBeGreaterThan(before + 50), 10_000);
    expect(seen.digests.map(({ barSeconds }) => barSeconds)).toContain(1);
    await complete(seen);
  });

  test("a cut stream resumes, and one that is forgotten is read anew", async () => {
    const seen = await follow({ at: "09:35", speed: 60 });
    await vi.waitFor(() => expect(seen.days).toBe(1), 10_000);
    fixture.changes.cut();
    await complete(seen);
    expect(seen.days).toBe(1);
    await vi.waitFor(() => expect(seen.links.at(-1)).toBe("live"), 10_000);
    fixture.changes.reset();
    await vi.waitFor(() => expect(seen.days).toBe(2), 10_000);
    await complete(seen);
  });

  test("without a stream the day is asked for", async () => {
    const seen = await follow({ at: "09:35", speed: 10 });
    fixture.control.refuseStream = true;
    fixture.changes.cut();
    await vi.waitFor(() => expect(seen.links.at(-1)).toBe("polling"), 15_000);
    await complete(seen);
    fixture.control.refuseStream = false;
    await vi.waitFor(() => expect(seen.links.at(-1)).toBe("live"), 15_000);
  });

  test("what was missed before the stream began is read until it is there", async () => {
    const really = globalThis.fetch;
    let seen: Awaited<ReturnType<typeof follow>> | undefined;
    const newest = () => seen?.rows.columns().times.at(-1) ?? 0;
    let hole = 0;
    let refused = 0;
    vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
      const { pathname, searchParams } = new URL(String(input));
      if (pathname === "/v1/stream" && hole === 0) {
        // The stream begins when there are more rows than were read.
        await vi.waitFor(async () => {
          expect(seen?.days).toBe(1);
          expect(await stored()).toBeGreaterThan((seen?.rows.length ?? 0) + 10);
        }, 4_000);
        hole = newest();
      }
      // Refused until the rows that come by the stream are later than the hole by more than what is read twice.
      if (searchParams.has("after_ms") && newest() < hole + 180_000) {
        refused += 1;
        throw new TypeError("cut");
      }
      return really(input, init);
    });
    seen = await follow({ at: "09:35", speed: 240 });
    await vi.waitFor(() => expect(seen?.links).toContain("lost"), 10_000);
    await vi.waitFor(() => expect(seen?.links.at(-1)).toBe("live"), 10_000);
    expect(refused).toBeGreaterThan(0);
    await complete(seen);
    expect(seen.days).toBe(1);
  });

  test("a later day is told of by the status, where no row comes", async () => {
    const seen = await follow({ live: false }, -2);
    await vi.waitFor(() => expect(seen.other).toBeGreaterThan(0), 10_000);
    expect(seen.links.at(-1)).toBe("live");
  });

  test("a server that is away is lost, and found again on waking", async () => {
    const seen = await follow({ at: "09:35", speed: 60 });
    await vi.waitFor(() => expect(seen.days).toBe(1), 10_000);
    fixture.control.refuse = true;
    fixture.changes.cut();
    await vi.waitFor(() => expect(seen.links.at(-1)).toBe("lost"), 15_000);
    fixture.control.refuse = false;
    following?.wake();
    await vi.waitFor(() => expect(seen.links.at(-1)).toBe("live"), 2_000);
    await complete(seen);
  });
});

test("refusals are told in the server's words", async () => {
  const fixture = await startFixture({ live: false, days: 1, tickers: ["QQQ"] });
  const key = { ticker: "NONE", date: "2026-11-20", ...dayBounds("2026-11-20") };
  const source = createHttpSource(fixture.url);
  await expect(source.series(key, 300, new AbortController().signal)).rejects.toThrow(
    "The server answered 404: no rows",
  );
  await fixture.close();
  await expect(source.tickers(new AbortController().signal)).rejects.toThrow("The server does not answer.");
});
