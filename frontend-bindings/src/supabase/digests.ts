import type { ExpectedDigest } from "@alpha-kite/indicators";
import { IndicatorsError } from "@alpha-kite/indicators";
import type { Client } from "./query.js";

/** Which digests: those of a series, of New York dates from one to another, both included. */
export interface DigestQuery {
  readonly ticker: string;
  readonly barSeconds: number;
  /** Written `2019-02-11`. */
  readonly from: string;
  readonly to: string;
}

/** Reads what the ingester says of its sessions, at most 1,000 of them, for `compareDigests` or `useParity`. */
export async function readDigests(client: Client, query: DigestQuery): Promise<ExpectedDigest[]> {
  const { data, error } = await client
    .from("session_digests")
    .select("date,bars,digest,row_digest")
    .eq("ticker", query.ticker)
    .eq("bar_seconds", query.barSeconds)
    .gte("date", query.from)
    .lte("date", query.to)
    .order("date");
  if (error !== null) throw new IndicatorsError("read_failed", error.message, { cause: error });
  const rows = data as { date: string; bars: number; digest: string; row_digest: string }[];
  return rows.map(({ date, bars, digest, row_digest }) => ({ date, n: bars, digest, rowDigest: row_digest }));
}
