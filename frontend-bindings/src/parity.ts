import { compute } from "./compute.js";
import type { Columns, Options, Result, SessionSummary } from "./types.js";

/** A session's digest as another side has it, such as the server's. */
export interface ExpectedDigest {
  /** New York date, `2019-02-11`. */
  readonly date: string;
  /** Number of rows that it covers. */
  readonly n: number;
  readonly digest: string;
  readonly rowDigest?: string | undefined;
}

/** How a session compares with what the other side has of it. */
export interface SessionParity {
  readonly date: string;
  /** Rows compared: the other side's. */
  readonly n: number;
  /** `behind`: fewer rows are here than there. */
  readonly state: "equal" | "different" | "behind";
  /** Own digest over the first `n` rows; absent while behind. */
  readonly digest?: string;
  readonly expected: string;
}

/**
 * Compares own sessions with digests from elsewhere, at the same number of rows: where there are more rows here, over the first ones.
 *
 * @param result what `compute(columns, options)` returned.
 */
export function compareDigests(
  columns: Columns,
  options: Options,
  result: Result,
  expected: readonly ExpectedDigest[],
): readonly SessionParity[] {
  return expected.map(({ date, n, digest, rowDigest }) => {
    const own = result.sessions.find((session) => session.date === date);
    if (own === undefined || own.n < n) return { date, n, state: "behind", expected: digest };
    const same = n === 0 ? NO_ROWS : own.n === n ? own : firstRows(columns, options, own, n);
    const rowsDiffer = rowDigest !== undefined && same.rowDigest !== undefined && same.rowDigest !== rowDigest;
    const state = same.digest === digest && !rowsDiffer ? "equal" : "different";
    return { date, n, state, digest: same.digest, expected: digest };
  });
}

const NO_ROWS: Pick<SessionSummary, "digest" | "rowDigest"> = {
  digest: "2d06800538d394c2",
  rowDigest: "2d06800538d394c2",
};

/** The summary of a session's first `n` rows. */
function firstRows(columns: Columns, options: Options, session: SessionSummary, n: number): SessionSummary {
  const first = columns.times.findIndex((time) => time >= session.start);
  const rows = <T extends Float64Array | BigInt64Array>(column: T) => column.subarray(first, first + n) as T;
  const { times, prices, volumes, highs, lows, opens } = columns;
  const part = compute(
    {
      times: rows(times),
      prices: rows(prices),
      volumes: rows(volumes),
      highs: highs && rows(highs),
      lows: lows && rows(lows),
      opens: opens && rows(opens),
    },
    options,
  );
  const summary = part.sessions[0];
  if (summary === undefined) throw new Error("rows of a session are in a session");
  return summary;
}
