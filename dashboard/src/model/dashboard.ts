import { IndicatorsError, init, type Session, sessionsBetween } from "@alpha-kite/indicators";
import {
  type DayKey,
  type Following,
  type Gap,
  type Link,
  problemOf,
  type ServerStatus,
  type Source,
} from "@/source/types";
import { createDay, type Day } from "./day";
import { addDays, dayBounds, easternDate } from "./eastern";
import { type CrossLine, crossLines } from "./ledger";
import { createMarketClock, type MarketClock } from "./market-clock";
import { type Difference, firstDifference, type Parity } from "./parity";
import { createProver } from "./prover";
import { lowerBound } from "./rows";
import { frameScheduler } from "./scheduler";
import type { Selection } from "./selection";
import { INTERVALS } from "./selection";
import type { Series } from "./series";

/** A day as the page shows it. */
export interface DayView {
  readonly key: DayKey;
  readonly session: Session | undefined;
  /** The interval shown; longer than the one asked for where the rows are. */
  readonly barSeconds: number;
  /** Intervals that the rows can make. */
  readonly intervals: readonly number[];
  readonly series: Series;
  /** Index of the first bar that is not what it was in the view before; 0 where everything is new. */
  readonly changedFrom: number;
  /** The session has ended, or there is none on this day. */
  readonly over: boolean;
  readonly parity: Parity;
  readonly lines: readonly CrossLine[];
  readonly gaps: readonly Gap[];
  readonly rows: number;
  /** Close of the newest row, and of the first one of the day. */
  readonly lastPrice: number | undefined;
  readonly firstPrice: number | undefined;
  /** Start of the newest row. */
  readonly lastTime: number | undefined;
}

/** What the page is about. */
export interface DashboardState {
  readonly phase: "starting" | "ready" | "no-wasm" | "old-browser";
  /** What is wrong, in words. */
  readonly problem: string | undefined;
  readonly sourceName: string | undefined;
  readonly tickers: readonly string[];
  readonly ticker: string | undefined;
  readonly date: string | undefined;
  /** The date stays, whatever days come after it. */
  readonly pinned: boolean;
  readonly barSeconds: number;
  /** Dates that have data, in order. */
  readonly sessions: readonly string[];
  readonly link: Link;
  readonly status: ServerStatus | undefined;
  /** Absent while it is being read. */
  readonly view: DayView | undefined;
}

/** The page's state, and what can be asked of it. */
export interface Dashboard {
  get(): DashboardState;
  subscribe(listener: () => void): () => void;
  readonly clock: MarketClock;
  start(): void;
  /** Shows something else; absent parts stay. */
  select(wanted: Partial<Selection>): void;
  /** The session before or after the one shown, by the exchange's calendar; nothing where there is none yet. */
  neighbour(way: -1 | 1): string | undefined;
  refreshSessions(): void;
  /** Reads everything stored of the day again. */
  reload(): void;
  wake(): void;
  /** The first bar of the view that differs from what the server has. */
  locate(): Promise<Difference | undefined>;
  stop(): void;
}

/** Between two computations; at real speed every row gets its own. */
const GAP_MS = 80;
/** A bar that forms is no hurry: what is stored is shown at once, and it with that. */
const FORMING_GAP_MS = 500;
/** How long after its close a session's rows have all come. */
const OVER_MS = 120_000;
/** Until a source that did not answer is asked again. */
const RETRY_MS = 2_000;
/** Between two readings of the sessions because of a day that is not among them: every commit tells of it. */
const SESSIONS_MS = 30_000;

/** The years that the exchange's calendar is known for. */
const FIRST_DATE = "1990-01-01";
const LAST_DATE = "2100-12-31";

export const INITIAL: DashboardState = {
  phase: "starting",
  problem: undefined,
  sourceName: undefined,
  tickers: [],
  ticker: undefined,
  date: undefined,
  pinned: false,
  barSeconds: 1,
  sessions: [],
  link: { state: "connecting" },
  status: undefined,
  view: undefined,
};

/** Makes the page's state. `connect` gives the source, when it is needed. */
export function createDashboard(connect: () => Promise<Source>, wanted: Selection): Dashboard {
  const clock = createMarketClock();
  const stopped = new AbortController();
  const listeners = new Set<() => void>();
  let state: DashboardState = {
    ...INITIAL,
    ticker: wanted.ticker,
    date: wanted.date,
    pinned: wanted.date !== undefined,
    barSeconds: wanted.barSeconds,
  };
  let source: Source | undefined;
  let day: Day | undefined;
  let following: Following | undefined;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let newestRetry: ReturnType<typeof setTimeout> | undefined;
  /** Changes of what is to be shown; an answer to a question from before the last one is late. */
  let turns = 0;
  let sessionsReading = false;
  let sessionsReadAt = Number.NEGATIVE_INFINITY;
  let complete = false;
  let beginning = false;

  const set = (change: Partial<DashboardState>): void => {
    state = { ...state, ...change };
    for (const listener of listeners) listener();
  };

  const prover = createProver({
    doubt: () => following?.reload(),
    ask: (of, barSeconds) =>
      source?.computesAnyInterval ? source.series(of.key, barSeconds, stopped.signal) : undefined,
    answered: () => scheduler.request(GAP_MS),
  });

  const render = (): void => {
    if (day === undefined || !complete) return;
    try {
      set({ view: viewOf(day) });
    } catch (error) {
      if (!(error instanceof IndicatorsError)) throw error;
      set({ problem: `The stored rows cannot be computed: ${error.message}` });
    }
  };
  const scheduler = frameScheduler(render);

  /** The same lines as before where nothing that they are made of changed. */
  const linesOf = (series: Series, events: Day["events"] | undefined): readonly CrossLine[] => {
    if (lines?.crosses !== series.crosses || lines.events !== events) {
      lines = { crosses: series.crosses, events, made: crossLines(series, events) };
    }
    return lines.made;
  };
  let lines: { crosses: Series["crosses"]; events: Day["events"] | undefined; made: CrossLine[] } | undefined;

  const viewOf = (shown: Day): DayView => {
    const finest = shown.finest() ?? 1;
    const intervals = INTERVALS.filter((seconds) => seconds >= finest);
    const barSeconds = intervals.includes(state.barSeconds as 1) ? state.barSeconds : (intervals[0] ?? finest);
    const now = clock.now();
    const series = shown.compute(barSeconds, now);
    const columns = shown.rows.columns();
    const over = shown.session === undefined || now > shown.session.end + OVER_MS;
    const isLedgered =
      shown.digestOf(barSeconds) !== undefined || shown.events.some((event) => event.barSeconds === barSeconds);
    const before = state.view;
    const sameSeries = before?.key === shown.key && before.barSeconds === barSeconds;
    return {
      key: shown.key,
      session: shown.session,
      barSeconds,
      intervals,
      series,
      changedFrom: sameSeries ? firstChanged(series, shown.takeChanged(), before.series) : 0,
      over,
      parity: prover.judge(shown, series, over),
      lines: linesOf(series, isLedgered ? shown.events : undefined),
      gaps: shown.gaps,
      rows: shown.rows.length,
      lastPrice: columns.prices.at(-1),
      firstPrice: columns.prices[0],
      lastTime: columns.times.at(-1),
    };
  };

  /** Lets go of the day that is shown, so that nothing of it stands under the name of another. */
  const leave = (): void => {
    turns += 1;
    clearTimeout(newestRetry);
    following?.stop();
    following = undefined;
    scheduler.stop();
    prover.reset();
    day?.dispose();
    day = undefined;
    complete = false;
  };

  const follow = (ticker: string, date: string, from: Source): void => {
    leave();
    const key: DayKey = { ticker, date, ...dayBounds(date) };
    const shown = createDay(key);
    day = shown;
    set({ ticker, date, view: undefined });
    following = from.follow(key, {
      onDay(contents) {
        shown.replace(contents);
        prover.reread();
        complete = true;
        scheduler.request(GAP_MS);
      },
      onChange(change) {
        shown.merge(change);
        scheduler.request(GAP_MS);
      },
      onForming(bar) {
        shown.setForming(bar);
        scheduler.request(FORMING_GAP_MS);
      },
      onStatus: (status) => set({ status }),
      onClock: (reading) => clock.set(reading),
      onLink: (link) => set({ link, problem: link.state === "lost" ? link.problem : undefined }),
      onOtherDay(time) {
        if (time < key.to) return;
        const other = easternDate(time);
        void learnOf(other);
        if (!state.pinned) follow(ticker, other, from);
      },
    });
  };

  /** Reads the sessions again where a date is not among those that are known. */
  const learnOf = async (date: string): Promise<void> => {
    const now = Date.now();
    if (sessionsReading || state.sessions.includes(date) || now - sessionsReadAt < SESSIONS_MS) return;
    sessionsReading = true;
    sessionsReadAt = now;
    await refreshSessions();
    sessionsReading = false;
  };

  const refreshSessions = async (): Promise<void> => {
    const { ticker } = state;
    if (source === undefined || ticker === undefined) return;
    try {
      const sessions = await source.sessions(ticker, stopped.signal);
      if (ticker === state.ticker) set({ sessions: sessions.map(({ date }) => date) });
    } catch {
      // The calendar then marks the days that were known; the link tells that the source is away.
    }
  };

  /** Finds out what there is to show, and shows it; tries again until the source answers. */
  const begin = async (): Promise<void> => {
    if (beginning) return;
    beginning = true;
    clearTimeout(retry);
    try {
      source ??= await connect();
      const from = source;
      set({ sourceName: from.name });
      const turn = turns;
      const [tickers, known] = await Promise.all([
        from.tickers(stopped.signal),
        state.ticker === undefined ? undefined : from.status(state.ticker, stopped.signal),
      ]);
      const ticker = state.ticker ?? tickers[0];
      if (ticker === undefined) {
        set({ tickers, link: { state: "live" }, problem: undefined });
        retry = setTimeout(begin, 3_000);
        return;
      }
      const { status, clock: reading } = known ?? (await from.status(ticker, stopped.signal));
      // Before anything is shown: the market's time is not always this machine's.
      if (reading !== undefined) clock.set(reading);
      set({ tickers: tickers.includes(ticker) ? tickers : [...tickers, ticker] });
      // What was selected meanwhile is shown without this.
      if (turn !== turns || following !== undefined) return;
      const date = (state.pinned ? state.date : undefined) ?? (await newestDay(ticker, status, from));
      if (turn !== turns) return;
      set({ status, problem: undefined });
      follow(ticker, date, from);
      await refreshSessions();
    } catch (thrown) {
      if (stopped.signal.aborted) return;
      const problem = problemOf(thrown);
      if (following === undefined) set({ link: { state: "lost", problem }, problem });
      retry = setTimeout(begin, RETRY_MS);
    } finally {
      beginning = false;
    }
  };

  /** The day of the newest row, or the newest session with data; the market's today while there is none. */
  const newestDay = async (ticker: string, status: ServerStatus | undefined, from: Source): Promise<string> => {
    if (status?.lastRow !== undefined) return easternDate(status.lastRow);
    const sessions = await from.sessions(ticker, stopped.signal);
    return sessions.at(-1)?.date ?? easternDate(clock.now());
  };

  /** Shows a ticker's newest day; tries again until the source answers or something else is selected. */
  const showNewest = async (ticker: string, from: Source): Promise<void> => {
    leave();
    const turn = turns;
    try {
      const { status, clock: reading } = await from.status(ticker, stopped.signal);
      if (reading !== undefined) clock.set(reading);
      const date = await newestDay(ticker, status, from);
      if (turn === turns) follow(ticker, date, from);
    } catch (thrown) {
      if (turn !== turns) return;
      const problem = problemOf(thrown);
      set({ link: { state: "lost", problem }, problem });
      newestRetry = setTimeout(() => void showNewest(ticker, from), RETRY_MS);
    }
  };

  /** Goes on where no day is followed. */
  const resume = (): void => {
    const { ticker, tickers, pinned } = state;
    if (source === undefined || ticker === undefined || tickers.length === 0 || pinned) void begin();
    else void showNewest(ticker, source);
  };

  return {
    get: () => state,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    clock,
    start() {
      init().then(
        () => {
          set({ phase: "ready" });
          void begin();
        },
        (error: unknown) => {
          const old = error instanceof IndicatorsError && error.code === "wasm_unsupported";
          set({ phase: old ? "old-browser" : "no-wasm", problem: problemOf(error) });
        },
      );
    },
    select(change) {
      const ticker = change.ticker ?? state.ticker;
      const pinnedDate = "date" in change ? change.date : state.pinned ? state.date : undefined;
      const barSeconds = change.barSeconds ?? state.barSeconds;
      const otherTicker = ticker !== state.ticker;
      const otherDay = otherTicker || (pinnedDate ?? "newest") !== (state.pinned ? state.date : "newest");
      // The day that is followed already is only pinned.
      const stays = !otherTicker && following !== undefined && pinnedDate !== undefined && pinnedDate === state.date;
      const leaves = otherDay && !stays && source !== undefined && ticker !== undefined;
      if (leaves) leave();
      set({
        ticker,
        barSeconds,
        pinned: pinnedDate !== undefined,
        ...(otherTicker && { sessions: [], status: undefined }),
        ...(leaves && { view: undefined, link: { state: "connecting" }, problem: undefined }),
      });
      if (source === undefined || ticker === undefined) return;
      if (!otherDay) return scheduler.request(GAP_MS);
      if (stays) return;
      if (pinnedDate !== undefined) follow(ticker, pinnedDate, source);
      else void showNewest(ticker, source);
      if (otherTicker) void refreshSessions();
    },
    neighbour(way) {
      const { date, phase } = state;
      if (date === undefined || phase !== "ready") return undefined;
      const today = easternDate(clock.now());
      const from = addDays(date, -14);
      if (way < 0) return from < FIRST_DATE ? undefined : sessionsBetween(from, addDays(date, -1)).at(-1)?.date;
      const to = addDays(date, 14);
      const next = to > LAST_DATE ? undefined : sessionsBetween(addDays(date, 1), to)[0]?.date;
      const newest = state.sessions.at(-1) ?? today;
      return next !== undefined && next <= (newest > today ? newest : today) ? next : undefined;
    },
    refreshSessions: () => void refreshSessions(),
    reload() {
      if (following === undefined) resume();
      else following.reload();
    },
    wake() {
      if (following === undefined) {
        if (state.phase === "ready") resume();
      } else following.wake();
    },
    async locate() {
      const view = state.view;
      if (source === undefined || view === undefined) return undefined;
      const server = await source.series(view.key, view.barSeconds, stopped.signal);
      return firstDifference(view.series, server);
    },
    stop() {
      stopped.abort();
      clearTimeout(retry);
      leave();
    },
  };
}

/** The first bar that a change of rows since `time` can have changed. */
function firstChanged(series: Series, time: number, before: Series): number {
  const { bars, options } = series;
  const at = lowerBound(bars.times, time - options.barSeconds * 1000 + 1);
  return Math.max(0, Math.min(at, before.bars.times.length, bars.times.length));
}
