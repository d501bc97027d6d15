import { type Basis, type Session, sessionsBetween } from "@alpha-kite/indicators";
import type { DayContents, DayKey, FormingBar, Gap, LedgerEvent, StoredDigest } from "@/source/types";
import { mergeEvents } from "./ledger";
import { createRows, lowerBound, type Rows } from "./rows";
import { type ClosedSeries, computeClosed, type Series, type SeriesRequest, withForming } from "./series";

/** Everything known of one New York day, and what it gives at any interval. */
export interface Day {
  readonly key: DayKey;
  readonly session: Session | undefined;
  readonly rows: Rows;
  readonly events: readonly LedgerEvent[];
  readonly digests: readonly StoredDigest[];
  readonly gaps: readonly Gap[];
  /** Puts everything stored in place of what was known. */
  replace(contents: DayContents): void;
  merge(change: Partial<DayContents>): void;
  setForming(bar: FormingBar): void;
  /** The stored digest of a series. */
  digestOf(barSeconds: number): StoredDigest | undefined;
  /** The shortest interval that the rows can make; nothing while there are none. */
  finest(): number | undefined;
  /** Computes the day; `now` is the market's time. */
  compute(barSeconds: number, now: number): Series;
  /** Frees what computations needed. */
  dispose(): void;
  /** The first moment whose rows changed since this was last asked; infinite where none did. */
  takeChanged(): number;
}

/** How long after the close a session's last bars are taken for closed without a later row. */
const CLOSE_GRACE_MS = 60_000;

/** Makes a day of which nothing is known yet. Needs `init()`. */
export function createDay(key: DayKey): Day {
  const session = sessionsBetween(key.date, key.date)[0];
  let rows = createRows();
  let events: readonly LedgerEvent[] = [];
  let digests: readonly StoredDigest[] = [];
  let gaps: readonly Gap[] = [];
  let changed = Number.NEGATIVE_INFINITY;
  const forming = new Map<number, FormingBar>();
  /** Counts changes of rows. */
  let version = 0;
  /** The last computation, and of what it was one. */
  let computed: { readonly question: string; readonly closed: ClosedSeries } | undefined;

  const merge: Day["merge"] = (change) => {
    if (change.rows !== undefined) {
      const first = rows.merge(change.rows);
      const time = rows.columns().times[first];
      if (time !== undefined) {
        changed = Math.min(changed, time);
        version += 1;
      }
    }
    if (change.events !== undefined) events = mergeEvents(events, change.events);
    if (change.digests !== undefined) digests = mergeDigests(digests, ofDay(key, change.digests));
    if (change.gaps !== undefined) gaps = mergeGaps(gaps, change.gaps);
  };

  const digestOf = (barSeconds: number) => digests.find((digest) => digest.barSeconds === barSeconds);

  const closedUntil = (now: number): number => {
    if (now >= key.to) return Number.POSITIVE_INFINITY;
    const { times, barSeconds } = rows.columns();
    const last = rows.length - 1;
    const end = last < 0 ? Number.NEGATIVE_INFINITY : (times[last] as number) + (barSeconds[last] as number) * 1000;
    const over = session !== undefined && now >= session.end + CLOSE_GRACE_MS;
    return over ? Math.max(end, session.end) : end;
  };

  const requestOf = (barSeconds: number, now: number): SeriesRequest => {
    const stored = digestOf(barSeconds);
    return {
      rows: rows.columns(),
      ticker: key.ticker,
      barSeconds,
      basis: basisOf(stored?.rule ?? digests[0]?.rule),
      session,
      closedUntil: closedUntil(now),
      // Seconds are closed when they are stored.
      closedByServer: barSeconds === 1 ? 0 : (stored?.bars ?? 0),
    };
  };

  return {
    key,
    session,
    get rows() {
      return rows;
    },
    get events() {
      return events;
    },
    get digests() {
      return digests;
    },
    get gaps() {
      return gaps;
    },
    replace(contents) {
      rows = createRows();
      version += 1;
      [events, digests, gaps] = [[], [], []];
      merge(contents);
      changed = Number.NEGATIVE_INFINITY;
    },
    merge,
    setForming: (bar) => forming.set(bar.barSeconds, bar),
    digestOf,
    finest() {
      const { times, barSeconds } = rows.columns();
      if (rows.length === 0) return undefined;
      const from = session === undefined ? 0 : lowerBound(times, session.start);
      const to = session === undefined ? rows.length : lowerBound(times, session.end);
      const inSession = barSeconds.subarray(from, to);
      return (inSession.length > 0 ? inSession : barSeconds).reduce((least, seconds) => Math.min(least, seconds));
    },
    compute(barSeconds, now) {
      const request = requestOf(barSeconds, now);
      const { basis, closedUntil, closedByServer } = request;
      const question = [version, barSeconds, basis, barSeconds === 1 ? "" : closedUntil, closedByServer].join();
      if (computed?.question !== question) {
        computed?.closed.dispose();
        computed = { question, closed: computeClosed(request) };
      }
      const second = forming.get(1) ?? forming.get(barSeconds);
      const last = rows.columns().times[rows.length - 1] ?? Number.NEGATIVE_INFINITY;
      const isNews = second !== undefined && second.time > last && second.time < key.to;
      return withForming(computed.closed, session, isNews ? second : undefined);
    },
    dispose: () => computed?.closed.dispose(),
    takeChanged() {
      const first = changed;
      changed = Number.POSITIVE_INFINITY;
      return first;
    },
  };
}

/** Which basis a rule's name tells of. */
export function basisOf(rule: string | undefined): Basis {
  return rule?.includes("hlc3") ? "hlc3" : "close";
}

/** Whether this page computes what a rule's name means. */
export function knowsRule(rule: string): boolean {
  return rule === "sma9xvwap-close/1" || rule === "sma9xvwap-hlc3/1";
}

const ofDay = ({ date }: DayKey, digests: readonly StoredDigest[]) => digests.filter((digest) => digest.date === date);

function mergeDigests(known: readonly StoredDigest[], more: readonly StoredDigest[]): readonly StoredDigest[] {
  const bySeries = new Map(known.map((digest) => [digest.barSeconds, digest]));
  for (const digest of more) bySeries.set(digest.barSeconds, digest);
  return [...bySeries.values()].sort((a, b) => a.barSeconds - b.barSeconds);
}

function mergeGaps(known: readonly Gap[], more: readonly Gap[]): readonly Gap[] {
  const byStart = new Map(known.map((gap) => [gap.startedAt, gap]));
  for (const gap of more) byStart.set(gap.startedAt, gap);
  return [...byStart.values()].sort((a, b) => a.startedAt - b.startedAt);
}
