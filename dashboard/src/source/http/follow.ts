import { type DayContents, type DayHandler, type DayKey, type Following, problemOf } from "../types";
import { clockOf, digestOf, eventOf, formingOf, gapOf, rowsOf, statusOf } from "./decode";
import { readEvents, type StreamEvent } from "./event-stream";
import { readDay, withinDay } from "./read-day";
import { readJson } from "./request";
import { apiUrl } from "./source";
import type * as wire from "./wire";

/** The server sends a comment every ten seconds; longer silence means that the line is dead. */
const SILENCE_MS = 15_000;
/** A stream that has not said a word by then is being held back by something in between. */
const FIRST_WORD_MS = 5_000;
const FIRST_RETRY_MS = 300;
const LAST_RETRY_MS = 5_000;
/** Reading begins this late at the latest; it waits for the stream's first word, so that nothing falls between the two. */
const READ_ANYWAY_MS = 250;
/** Streams that fail so often in a row are replaced by asking. */
const FAILURES_BEFORE_POLLING = 3;
const POLL_MS = 2_000;
/** Rows are asked for from this long before the newest one: some come late. */
const OVERLAP_MS = 120_000;

/** Follows a day: reads what is stored, and keeps up by the stream, or by asking where there is none to be had. */
export function followDay(base: string, key: DayKey, handler: DayHandler): Following {
  const stopped = new AbortController();
  let stream: AbortController | undefined;
  let lastId: string | undefined;
  let failures = 0;
  let loaded = false;
  let streaming = false;
  /** Something may have been stored between the reading and the stream's beginning. */
  let missed = false;
  /** Attempts to catch up that failed since the last one that did not. */
  let catchUpFailures = 0;
  /** Readings begun; of those under way only the latest counts. */
  let readings = 0;
  /** Newest row known, in milliseconds. */
  let newest = Number.NEGATIVE_INFINITY;
  /** What it was when something may have been missed: rows that come by the stream meanwhile do not fill the hole before them. */
  let knownTo: number | undefined;
  let waiting: Partial<DayContents>[] = [];
  let retry: ReturnType<typeof setTimeout> | undefined;
  let poll: ReturnType<typeof setTimeout> | undefined;
  let reloadRetry: ReturnType<typeof setTimeout> | undefined;
  let catchUpRetry: ReturnType<typeof setTimeout> | undefined;

  const ended = () => stopped.signal.aborted;

  const report = (problem?: string): void => {
    if (problem !== undefined) handler.onLink({ state: "lost", problem });
    else handler.onLink({ state: streaming ? "live" : poll === undefined ? "connecting" : "polling" });
  };

  const see = (change: Partial<DayContents>): void => {
    const last = change.rows?.times.at(-1);
    if (last !== undefined) newest = Math.max(newest, last);
  };

  const take = (change: Partial<DayContents>): void => {
    see(change);
    if (loaded) handler.onChange(change);
    else waiting.push(change);
  };

  /** Reads the whole day; changes that arrive meanwhile are put on top of it. */
  const load = async (): Promise<void> => {
    clearTimeout(reloadRetry);
    readings += 1;
    const reading = readings;
    loaded = false;
    try {
      const day = await readDay(base, key, stopped.signal);
      if (ended() || reading !== readings) return;
      see(day);
      loaded = true;
      handler.onDay(day);
      const late = waiting;
      waiting = [];
      for (const change of late) handler.onChange(change);
      if (streaming) report();
      if (missed) {
        knownTo = day.rows.times.at(-1);
        void catchUp();
      }
    } catch (thrown) {
      if (ended() || reading !== readings) return;
      report(problemOf(thrown));
      reloadRetry = setTimeout(load, backoff(failures));
    }
  };

  /** Reads what is newer than the newest row known, and the rest whole. */
  const catchUp = async (): Promise<void> => {
    clearTimeout(catchUpRetry);
    missed = !loaded;
    if (missed) return;
    knownTo ??= newest;
    try {
      const change = await readDay(base, key, stopped.signal, Math.max(key.from, knownTo - OVERLAP_MS));
      if (ended()) return;
      take(change);
      knownTo = undefined;
      if (catchUpFailures > 0) report();
      catchUpFailures = 0;
    } catch (thrown) {
      if (ended()) return;
      missed = true;
      report(problemOf(thrown));
      catchUpFailures += 1;
      catchUpRetry = setTimeout(catchUp, backoff(catchUpFailures));
    }
  };

  const onEvent = ({ name, data, id }: StreamEvent): void => {
    // An event before this one, of the same piece, may have led to another day.
    if (ended()) return;
    if (id !== undefined && id !== "") lastId = id;
    const read = readers[name];
    if (read !== undefined) read(JSON.parse(data) as never);
  };

  const readers: Record<string, (payload: never) => void> = {
    hello(hello: { now_ms: number; speed: number }) {
      handler.onClock(clockOf(hello));
    },
    commit(commit: wire.Commit) {
      if (commit.ticker !== key.ticker) return;
      const all = rowsOf(commit.rows);
      const rows = withinDay(all, key);
      const last = all.times.at(-1);
      if (last !== undefined && rows.times.length < all.times.length) handler.onOtherDay(last);
      const events = commit.signals.map(eventOf).filter(({ time }) => time >= key.from && time < key.to);
      take({ rows, events, digests: commit.series.map(digestOf) });
    },
    provisional(bar: wire.Provisional) {
      if (bar.ticker === key.ticker) handler.onForming(formingOf(bar));
    },
    gap(gap: wire.Gap) {
      const { startedAt, endedAt } = gapOf(gap);
      const ofDay = startedAt < key.to && (endedAt ?? Number.POSITIVE_INFINITY) > key.from;
      if (gap.ticker === key.ticker && ofDay) take({ gaps: [gapOf(gap)] });
    },
    revised(day: { ticker: string; date: string }) {
      if (day.ticker === key.ticker && day.date === key.date) void load();
    },
    status(status: wire.Status) {
      const read = statusOf(status, key.ticker);
      handler.onStatus(read);
      handler.onClock(clockOf(status));
      // Outside trading hours no commit tells of a day that has come meanwhile.
      if (read.lastRow !== undefined && read.lastRow >= key.to) handler.onOtherDay(read.lastRow);
    },
    reset() {
      lastId = undefined;
      void load();
    },
  };

  const open = async (): Promise<void> => {
    clearTimeout(retry);
    stream?.abort();
    const opened = new AbortController();
    stream = opened;
    const url = apiUrl(base, "stream", { ticker: key.ticker });
    if (lastId !== undefined) url.searchParams.set("last_event_id", lastId);
    let heard = false;
    let watch = setTimeout(() => opened.abort(), FIRST_WORD_MS);
    try {
      await readEvents(url, opened.signal, {
        onBytes() {
          clearTimeout(watch);
          watch = setTimeout(() => opened.abort(), SILENCE_MS);
          if (heard) return;
          heard = true;
          failures = 0;
          streaming = true;
          clearTimeout(poll);
          poll = undefined;
          report();
          if (readings === 0) void load();
          else if (lastId === undefined) void catchUp();
        },
        onEvent,
      });
    } catch (thrown) {
      if (ended() || stream !== opened) return;
      failures += 1;
      streaming = false;
      if (poll === undefined) {
        if (failures >= FAILURES_BEFORE_POLLING) void ask();
        else report(failures > 1 ? problemOf(thrown) : undefined);
      }
      retry = setTimeout(open, backoff(failures));
    } finally {
      clearTimeout(watch);
    }
  };

  /** Asks for what is new, and again after a while, until the stream is back. */
  const ask = async (): Promise<void> => {
    clearTimeout(poll);
    // Set before anything is awaited, so that there is one asker.
    poll = setTimeout(() => {}, 0);
    try {
      const status = await readJson<wire.Status>(apiUrl(base, "status"), stopped.signal);
      if (ended() || poll === undefined) return;
      readers.status?.(status as never);
      if (ended()) return;
      report();
      await catchUp();
    } catch (thrown) {
      if (ended() || poll === undefined) return;
      report(problemOf(thrown));
    }
    if (!ended() && poll !== undefined) poll = setTimeout(ask, POLL_MS);
  };

  report();
  void open();
  reloadRetry = setTimeout(() => {
    if (readings === 0) void load();
  }, READ_ANYWAY_MS);
  return {
    reload: () => void load(),
    wake() {
      failures = 0;
      void open();
      if (!loaded && readings > 0) void load();
      else if (poll !== undefined) void ask();
      else if (missed) void catchUp();
    },
    stop() {
      stopped.abort();
      stream?.abort();
      clearTimeout(retry);
      clearTimeout(poll);
      clearTimeout(reloadRetry);
      clearTimeout(catchUpRetry);
    },
  };
}

/** Doubles with every failure, and is drawn from its upper half, so that pages do not come back all at once. */
function backoff(failures: number): number {
  const limit = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** failures);
  return limit / 2 + (Math.random() * limit) / 2;
}
