import { IndicatorsError } from "@alpha-kite/indicators";
import type { SupabaseClient } from "@supabase/supabase-js";

/** What is used of a client of supabase-js. */
export type Client = Pick<SupabaseClient, "from" | "channel" | "removeChannel">;

/** How long a row may have been stored before it could be seen: a transaction's rows bear the time of its start. */
export const MARGIN_MS = 60_000;

/** A moment as PostgreSQL writes it, in milliseconds. */
export function timeOf(text: string): number {
  const time = Date.parse(text);
  if (Number.isNaN(time)) throw new IndicatorsError("not_a_time", `${text} is no moment`);
  return time;
}

/** Lets a signal end a query. */
export function cancel<Query extends { abortSignal(signal: AbortSignal): Query }>(
  query: Query,
  signal: AbortSignal | undefined,
): Query {
  return signal === undefined ? query : query.abortSignal(signal);
}
