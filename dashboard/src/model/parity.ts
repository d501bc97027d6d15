import type { LedgerEvent, ServerSeries, StoredDigest } from "@/source/types";
import { type Cross, crossesInForce } from "./ledger";
import { type Series, summaryAt } from "./series";

/** Two digests of the same number of bars. */
export interface DigestPair {
  readonly digest: string;
  readonly rowDigest: string;
}

/** Whether two lists of crosses are the same. */
export interface CrossParity {
  readonly equal: number;
  readonly total: number;
  /** Ids that only this page computed, and that only the ledger has in force. */
  readonly onlyHere: readonly string[];
  readonly onlyThere: readonly string[];
}

/** What a comparison of this page with the server has come to. */
export type Parity =
  | { readonly state: "unknown"; readonly reason: string }
  | { readonly state: "pending"; readonly reason: string }
  | {
      readonly state: "equal" | "different";
      readonly date: string;
      readonly barSeconds: number;
      /** Number of bars compared: the server's. */
      readonly bars: number;
      readonly here: DigestPair;
      /** Absent where the server computed on request and the values were compared one by one: its last bar is still forming. */
      readonly there: DigestPair | undefined;
      readonly crosses: CrossParity;
    };

/** The first bar whose values differ. */
export interface Difference {
  readonly time: number;
  readonly column: "start" | "sma9" | "vwap" | "cross";
  readonly here: number;
  readonly there: number;
}

/**
 * Compares the session computed here with what the server stored of it, at the server's number of bars: both digests, and the ids of the
 * crosses in force.
 */
export function compareWithServer(
  series: Series,
  stored: StoredDigest | undefined,
  events: readonly LedgerEvent[] | undefined,
): Parity {
  if (stored === undefined) return { state: "unknown", reason: "The server has no digest of this session yet." };
  const own = summaryAt(series, stored.bars);
  if (own?.rowDigest === undefined) {
    return { state: "pending", reason: `The server has ${stored.bars} bars; not all of them are here yet.` };
  }
  const here = { digest: own.digest, rowDigest: own.rowDigest };
  const there = { digest: stored.digest, rowDigest: stored.rowDigest };
  const crosses = compareCrosses(series, stored, events);
  const same = here.digest === there.digest && here.rowDigest === there.rowDigest && crosses.equal === crosses.total;
  const { date, barSeconds, bars } = stored;
  return { state: same ? "equal" : "different", date, barSeconds, bars, here, there, crosses };
}

/** Compares crosses by id among the bars that the server's digest covers. Without a ledger the digest alone speaks for them. */
function compareCrosses(series: Series, stored: StoredDigest, events: readonly LedgerEvent[] | undefined): CrossParity {
  const own = crossesOfFirst(series, stored.bars);
  if (events === undefined) return { equal: own.length, total: own.length, onlyHere: [], onlyThere: [] };
  const lastTime =
    stored.bars === 0 ? Number.NEGATIVE_INFINITY : (series.bars.times[series.first + stored.bars - 1] as number);
  const { summary } = series;
  const inForce = crossesInForce(events).filter(
    ({ barSeconds, time }) =>
      barSeconds === stored.barSeconds && summary !== undefined && time >= summary.start && time <= lastTime,
  );
  const here = new Set(own.map(({ id }) => id));
  const there = new Set(inForce.map(({ id }) => id));
  const onlyHere = [...here].filter((id) => !there.has(id));
  const onlyThere = [...there].filter((id) => !here.has(id));
  const equal = here.size - onlyHere.length;
  return { equal, total: equal + onlyHere.length + onlyThere.length, onlyHere, onlyThere };
}

function crossesOfFirst({ crosses, first }: Series, bars: number): Cross[] {
  return crosses.filter(({ index }) => index < first + bars);
}

/** The first bar of the session that is not the same to the last bit in what the server computed; nothing where all bars are. */
export function firstDifference(series: Series, server: ServerSeries): Difference | undefined {
  const { bars, summary, first } = series;
  const own = summary?.n ?? 0;
  const skip = summary === undefined ? 0 : server.times.findIndex((time) => time >= summary.start);
  const start = skip < 0 ? server.times.length : skip;
  const end = summary === undefined ? server.times.length : server.times.findIndex((time) => time >= summary.end);
  const theirs = (end < 0 ? server.times.length : end) - start;
  for (let bar = 0; bar < Math.min(own, theirs); bar += 1) {
    const [at, there] = [first + bar, start + bar];
    const time = bars.times[at] as number;
    const columns = [
      ["start", time, server.times[there]],
      ["sma9", series.sma9[at], server.sma9[there]],
      ["vwap", series.vwap[at], server.vwap[there]],
      ["cross", series.cross[at], server.cross === undefined ? series.cross[at] : server.cross[there]],
    ] as const;
    for (const [column, ours, other] of columns) {
      if (!Object.is(ours, other)) return { time, column, here: ours as number, there: other as number };
    }
  }
  return undefined;
}
