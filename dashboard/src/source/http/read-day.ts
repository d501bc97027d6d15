import type { DayContents, DayKey, Gap, LedgerEvent, RowColumns, StoredDigest } from "../types";
import { digestOf, eventOf, gapOf, rowsOf } from "./decode";
import { readJson } from "./request";
import { apiUrl } from "./source";
import type * as wire from "./wire";

/** Reads everything stored of a day; with `after`, only rows that start after that moment, and all of the rest. */
export async function readDay(base: string, key: DayKey, signal: AbortSignal, after?: number): Promise<DayContents> {
  const { ticker, date } = key;
  const cursor = after === undefined ? {} : { after_ms: String(after) };
  const [rows, events, digests, gaps] = await Promise.all([
    readJson<wire.Rows>(apiUrl(base, "bars", { ticker, date, ...cursor }), signal).then(rowsOf),
    readList<wire.Signal, LedgerEvent>("signals", eventOf),
    readList<wire.Digest, StoredDigest>("digests", digestOf),
    readList<wire.Gap, Gap>("gaps", gapOf),
  ]);
  return { rows: withinDay(rows, key), events, digests, gaps };

  async function readList<Wire, Read>(name: string, read: (one: Wire) => Read): Promise<Read[]> {
    const answer = await readJson<Record<string, Wire[]>>(apiUrl(base, name, { ticker, date }), signal);
    return (answer[name] ?? []).map(read);
  }
}

/** The rows of a New York day among others. */
export function withinDay(rows: RowColumns, { from, to }: DayKey): RowColumns {
  const { times } = rows;
  if (times.every((time) => time >= from && time < to)) return rows;
  const kept = [...times.keys()].filter((row) => (times[row] as number) >= from && (times[row] as number) < to);
  const pick = (column: Float64Array) => Float64Array.from(kept, (row) => column[row] as number);
  return {
    times: pick(rows.times),
    opens: pick(rows.opens),
    highs: pick(rows.highs),
    lows: pick(rows.lows),
    prices: pick(rows.prices),
    volumes: pick(rows.volumes),
    barSeconds: pick(rows.barSeconds),
    repaired: Uint8Array.from(kept, (row) => rows.repaired[row] as number),
  };
}
