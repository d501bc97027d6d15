import { SourceError } from "../types";

/** A row as PostgREST sends it. */
export type Row = Readonly<Record<string, unknown>>;

/** The rows that a query answers with. */
export async function readTable(
  query: PromiseLike<{ data: unknown; error: { message: string } | null }>,
): Promise<readonly Row[]> {
  const { data, error } = await query;
  if (error !== null) throw new SourceError(`Supabase: ${error.message}`, { cause: error });
  return data as Row[];
}
