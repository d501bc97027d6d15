import { problemOf, type ServerSeries, type StoredDigest } from "@/source/types";
import { type Day, knowsRule } from "./day";
import { compareWithServer, firstDifference, type Parity } from "./parity";
import { type Series, summaryAt } from "./series";

/** Holds this page's numbers against the server's. */
export interface Prover {
  /** What is to be said now. `over`: the session has ended, and all of it is here. */
  judge(day: Day, series: Series, over: boolean): Parity;
  /** Everything stored was read anew: a difference that is still there is one. */
  reread(): void;
  /** Forgets what was asked. */
  reset(): void;
}

/** What a prover needs done. */
export interface ProverNeeds {
  /** Reads everything stored again: a difference may be a change that this page was not told of. */
  doubt(): void;
  /** Asks the server for its values of an interval that it does not store; nothing where it cannot tell. */
  ask(day: Day, barSeconds: number): Promise<ServerSeries> | undefined;
  /** An answer came: judge again. */
  answered(): void;
}

const NO_DIGEST: Parity = { state: "unknown", reason: "The server has no digest of this session yet." };
/** Between two questions for an interval that is not stored. */
const ASK_MS = 1_500;
/** After a question that failed; doubles with every failure. */
const FIRST_RETRY_MS = 2_000;
const LAST_RETRY_MS = 30_000;
/** Bars that have not come by then were missed: everything stored is read again, and after a while once more. */
const LATE_MS = 5_000;
const LATE_AGAIN_MS = 30_000;

/** Makes a prover that has seen nothing. */
export function createProver({ doubt, ask, answered }: ProverNeeds): Prover {
  let doubts: "none" | "reading" | "read" = "none";
  let answer: { readonly server: ServerSeries; readonly question: string } | undefined;
  let asked: { readonly barSeconds: number; readonly question: string; readonly at: number } | undefined;
  /** Why the newest question failed, and when it may be asked again. */
  let refused: { readonly problem: string; readonly failures: number; readonly until: number } | undefined;
  let askAgain: ReturnType<typeof setTimeout> | undefined;
  /** Raised when all answers are forgotten: those to older questions are about what was shown before. */
  let generation = 0;
  let last: Parity = NO_DIGEST;
  /** The series of which bars are on their way, and since when. */
  let waiting: { readonly barSeconds: number; readonly since: number; doubtAt: number } | undefined;
  let waited: ReturnType<typeof setTimeout> | undefined;

  /** A difference counts once everything stored has been read again and it is still there. */
  const settle = (found: Parity): Parity => {
    if (found.state === "equal") doubts = "none";
    if (found.state !== "different" || doubts === "read") return found;
    if (doubts === "none") {
      doubts = "reading";
      doubt();
    }
    return { state: "pending", reason: "A difference: reading everything stored again to be sure." };
  };

  const stopWaiting = (): void => {
    clearTimeout(waited);
    waiting = undefined;
  };

  /** Whether bars are on their way for longer than they can be. */
  const isOverdue = (barSeconds: number): boolean => {
    const now = Date.now();
    if (waiting?.barSeconds !== barSeconds) waiting = { barSeconds, since: now, doubtAt: now + LATE_MS };
    if (now >= waiting.doubtAt) {
      waiting.doubtAt = now + LATE_AGAIN_MS;
      doubt();
    }
    // Nothing else may come that would be judged.
    clearTimeout(waited);
    waited = setTimeout(answered, waiting.doubtAt - now);
    return now - waiting.since >= LATE_MS;
  };

  const question = (day: Day, { bars, options }: Series): string =>
    `${day.key.ticker} ${day.key.date} ${options.barSeconds} ${bars.times.length} ${day.digests.map(({ rowDigest }) => rowDigest).join()}`;

  const judgeStored = (day: Day, series: Series, stored: StoredDigest): Parity => {
    if (!knowsRule(stored.rule))
      return { state: "unknown", reason: `The server's rule ${stored.rule} is not known here.` };
    const found = compareWithServer(series, stored, day.events);
    if (found.state !== "pending") {
      stopWaiting();
      return settle(found);
    }
    // Bars that are on their way do not unsay what was proved of those before.
    return !isOverdue(stored.barSeconds) && last.state === "equal" && isOf(last, day, series) ? last : found;
  };

  const judgeAsked = (day: Day, series: Series, over: boolean): Parity => {
    if (series.summary === undefined) return NO_DIGEST;
    const { barSeconds } = series.options;
    const wanted = question(day, series);
    // What came of another interval says nothing of this one, which is asked for at once.
    if (asked?.barSeconds !== barSeconds) asked = refused = undefined;
    const due =
      refused !== undefined
        ? Date.now() >= refused.until
        : asked === undefined || (asked.question !== wanted && Date.now() - asked.at > ASK_MS);
    if (due && answer?.question !== wanted) {
      const answering = ask(day, barSeconds);
      if (answering === undefined) {
        return { state: "unknown", reason: "This interval is not stored, so there is nothing to compare with." };
      }
      const mine = { barSeconds, question: wanted, at: Date.now() };
      const asker = generation;
      const failures = (refused?.failures ?? 0) + 1;
      asked = mine;
      refused = undefined;
      answering.then(
        (server) => {
          if (asker !== generation || asked?.barSeconds !== barSeconds) return;
          answer = { server, question: wanted };
          answered();
        },
        (thrown: unknown) => {
          // A newer question is on its way.
          if (asker !== generation || asked !== mine) return;
          const wait = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** (failures - 1));
          refused = { problem: problemOf(thrown), failures, until: Date.now() + wait };
          clearTimeout(askAgain);
          askAgain = setTimeout(answered, wait);
          answered();
        },
      );
    }
    if (answer?.server.barSeconds !== barSeconds || answer.server.digest?.date !== day.key.date) {
      const reason = refused?.problem ?? "Asking the server for its values of this interval.";
      return { state: refused === undefined ? "pending" : "unknown", reason };
    }
    return settle(compareAnswer(series, answer.server, answer.server.digest, over));
  };

  const forget = (): void => {
    generation += 1;
    clearTimeout(askAgain);
    answer = undefined;
    asked = undefined;
    refused = undefined;
  };

  return {
    judge(day, series, over) {
      const stored = day.digestOf(series.options.barSeconds);
      if (stored === undefined) stopWaiting();
      const isLedgered = stored !== undefined || [1, 60].includes(series.options.barSeconds);
      last = !isLedgered
        ? judgeAsked(day, series, over)
        : stored === undefined
          ? NO_DIGEST
          : judgeStored(day, series, stored);
      return last;
    },
    reread() {
      if (doubts === "reading") doubts = "read";
      forget();
    },
    reset() {
      stopWaiting();
      forget();
      doubts = "none";
      last = NO_DIGEST;
    },
  };
}

/**
 * Compares with an answer. Until the session is over the answer's last bar may have been forming: then the bars before it are compared
 * value by value.
 */
function compareAnswer(series: Series, server: ServerSeries, digest: StoredDigest, over: boolean): Parity {
  const found = compareWithServer(series, digest, undefined);
  if (over || found.state === "equal") return found;
  const bars = Math.min(series.summary?.n ?? 0, digest.bars - 1);
  const own = summaryAt(series, bars);
  if (bars < 1 || own?.rowDigest === undefined) {
    return { state: "pending", reason: "The server's newest bar is still forming." };
  }
  const difference = firstDifference(series, server);
  const differs = difference !== undefined && difference.time < (server.times.at(-1) ?? 0);
  const crosses = series.crosses.filter(({ index }) => index < series.first + bars).length;
  return {
    state: differs ? "different" : "equal",
    date: digest.date,
    barSeconds: digest.barSeconds,
    bars,
    here: { digest: own.digest, rowDigest: own.rowDigest },
    there: undefined,
    crosses: { equal: crosses, total: crosses, onlyHere: [], onlyThere: [] },
  };
}

const isOf = (parity: Parity, day: Day, series: Series): boolean =>
  (parity.state === "equal" || parity.state === "different") &&
  parity.date === day.key.date &&
  parity.barSeconds === series.options.barSeconds;
