import { type BarQuery, type BarRow, parseBar, readBars, readNewBars, type StoredBar } from "./bars.js";
import { type FeedHandler, follow } from "./follow.js";
import type { Client } from "./query.js";
import {
  parseSignal,
  readNewSignals,
  readSignals,
  type SignalEvent,
  type SignalQuery,
  type SignalRow,
} from "./signals.js";

/**
 * Delivers the bars of a ticker: all that are stored, then every new or revised one, until stopped by the function returned.
 *
 * The table has to be in the publication `supabase_realtime`. Needs `init()`. Rows removed from the table are not told.
 */
export function followBars(client: Client, query: BarQuery, handler: FeedHandler<StoredBar>): () => void {
  const { ticker } = query;
  return follow<StoredBar>(
    client,
    {
      table: "equity_data",
      ticker,
      revised: true,
      parse: (row) => parseBar(row as unknown as BarRow),
      wanted: ({ time }) => within(time, query),
      read: (newest, signal) =>
        newest === undefined
          ? readBars(client, { ...query, signal })
          : readNewBars(client, { ...query, signal }, newest),
      newest: (a, b) => ({
        ...(a.time > b.time ? a : b),
        createdAt: Math.max(a.createdAt, b.createdAt),
      }),
    },
    handler,
  );
}

/** Delivers the ledger of crosses of a ticker in the same way. */
export function followSignals(client: Client, query: SignalQuery, handler: FeedHandler<SignalEvent>): () => void {
  const { ticker, barSeconds } = query;
  return follow<SignalEvent>(
    client,
    {
      table: "signals",
      ticker,
      revised: false,
      parse: (row) => parseSignal(row as unknown as SignalRow),
      wanted: (event) => within(event.time, query) && (barSeconds === undefined || event.barSeconds === barSeconds),
      read: (newest, signal) =>
        newest === undefined
          ? readSignals(client, { ...query, signal })
          : readNewSignals(client, { ...query, signal }, newest.recordedAt),
      newest: (a, b) => (a.recordedAt > b.recordedAt ? a : b),
    },
    handler,
  );
}

function within(time: number, { from, to }: { from?: number | undefined; to?: number | undefined }): boolean {
  return (from === undefined || time >= from) && (to === undefined || time < to);
}
