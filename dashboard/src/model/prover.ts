import type { ServerSeries, StoredDigest } from "@/source/types";
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
/** Bars that have not come by then were missed: everything stored is read again, and after a while once more. */
const LATE_MS = 5_000;
const LATE_AGAIN_MS = 30_000;

/** Makes a prover that has seen nothing. */
export function createProver({ doubt, ask, answered }: ProverNeeds): Prover {
  let doubts: "none" | "reading" | "read" = "none";
  let answer: { readonly server: ServerSeries; readonly question: string } | undefined;
  let asked: { readonly question: string; readonly at: number } | undefined;
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
    const wanted = question(day, series);
    const due = asked === undefined || (asked.question !== wanted && Date.now() - asked.at > ASK_MS);
    if (due && answer?.question !== wanted) {
      const answering = ask(day, series.options.barSeconds);
      if (answering === undefined) {
        return { state: "unknown", reason: "This interval is not stored, so there is nothing to compare with." };
      }
      asked = { question: wanted, at: Date.now() };
      answering.then(
        (server) => {
          answer = { server, question: wanted };
          answered();
        },
        () => answered(),
      );
    }
    if (answer?.server.barSeconds !== series.options.barSeconds || answer.server.digest?.date !== day.key.date) {
      return { state: "pending", reason: "Asking the server for its values of this interval." };
    }
    return settle(compareAnswer(series, answer.server, answer.server.digest, over));
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
      answer = undefined;
      asked = undefined;
    },
    reset() {
      stopWaiting();
      doubts = "none";
      answer = undefined;
      asked = undefined;
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
