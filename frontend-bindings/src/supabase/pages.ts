import { IndicatorsError } from "@alpha-kite/indicators";

/** What a query of supabase-js resolves to. */
export interface Answer<Row> {
  readonly data: Row[] | null;
  readonly count: number | null;
  readonly error: { readonly message: string } | null;
}

/** A query that can be asked page by page. `Row` is a row as the server sends it. */
export interface PagedQuery<Row> {
  /** The rows that follow `after`, in a fixed order, as many as the server gives at once. */
  page(after: Row | undefined): PromiseLike<Answer<Row>>;
  /** How many rows there are up to and including `last`. */
  count(last: Row): PromiseLike<Answer<Row>>;
}

/**
 * Reads every row, however few the server gives at once, and checks their number. Rows that are added or removed behind the reader's
 * back lead to a second reading.
 */
export async function readAll<Row>(query: PagedQuery<Row>): Promise<Row[]> {
  let counted = 0;
  let rows: Row[] = [];
  for (let attempt = 0; attempt < 2; attempt += 1) {
    rows = await readPages(query);
    const last = rows.at(-1);
    if (last === undefined) return rows;
    counted = (await answer(query.count(last))).count ?? -1;
    if (counted === rows.length) return rows;
  }
  throw new IndicatorsError("incomplete_read", `${rows.length} rows were read where the server counts ${counted}`);
}

async function readPages<Row>(query: PagedQuery<Row>): Promise<Row[]> {
  const rows: Row[] = [];
  while (true) {
    const { data } = await answer(query.page(rows.at(-1)));
    if (data === null || data.length === 0) return rows;
    for (const row of data) rows.push(row);
  }
}

async function answer<Row>(request: PromiseLike<Answer<Row>>): Promise<Answer<Row>> {
  const answered = await request;
  if (answered.error !== null) {
    throw new IndicatorsError("read_failed", answered.error.message, { cause: answered.error });
  }
  return answered;
}
