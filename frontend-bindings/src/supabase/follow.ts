import { IndicatorsError } from "@alpha-kite/indicators";
import type { RealtimeChannel } from "@supabase/supabase-js";
import type { Client } from "./query.js";

/** How a feed is doing. */
export type FeedStatus =
  | { readonly status: "connecting" }
  /** Everything stored has been delivered, and what is stored next comes by itself. */
  | { readonly status: "live" }
  /**
   * Everything stored has been delivered. There is no channel, so what is stored next is read every few seconds, and revisions when
   * there is one.
   */
  | { readonly status: "polling" }
  /** The channel or the server is away; it is tried again, and what was missed is read then. */
  | { readonly status: "lost"; readonly error: IndicatorsError };

/** Who takes what a feed delivers. Rows may come twice, and late ones out of order: merge them by their key, where the last counts. */
export interface FeedHandler<Row> {
  onRows(rows: readonly Row[]): void;
  onStatus?(status: FeedStatus): void;
}

/** What is followed. */
export interface Followed<Row> {
  readonly table: string;
  readonly ticker: string;
  /** Whether rows are revised in their place, which reading what is not known does not show. */
  readonly revised: boolean;
  /** Reads one row that realtime delivered. */
  parse(row: Record<string, unknown>): Row;
  /** Whether it was asked for. */
  wanted(row: Row): boolean;
  /** Reads what is stored and was not known: everything at first. */
  read(newest: Row | undefined, signal: AbortSignal): Promise<Row[]>;
  /** The one of two rows to go on from. */
  newest(a: Row, b: Row): Row;
}

const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 30_000;
/** Without a channel what is new is read this often. */
const POLL_MS = 3_000;
/** How long the first reading waits for the channel. */
const FIRST_READ_MS = 1_500;

/**
 * Delivers all rows of a ticker: those stored so far, then live ones. For as long as there is no channel, what is new is read by cursor
 * every few seconds. When the channel is back, what was missed is read: by cursor, or everything once where rows are revised. Returns
 * how to stop.
 */
export function follow<Row>(client: Client, followed: Followed<Row>, handler: FeedHandler<Row>): () => void {
  const stopped = new AbortController();
  /** The newest row up to which nothing is missing. */
  let cursor: Row | undefined;
  /** The newest row that came live while something might be missing. */
  let ahead: Row | undefined;
  /** Rows that came live during a reading. It may have read what they were before, so that they are delivered after it. */
  let held: Row[] = [];
  let caughtUp = false;
  /** The channel is there. */
  let joined = false;
  /** Rows that are known may have been revised while nobody listened. */
  let stale = false;
  /** The next reading is of all that is stored. */
  let everything = false;
  let told: FeedStatus["status"] | undefined;
  /** When to read again. */
  let poll: ReturnType<typeof setTimeout> | undefined;
  let reading = false;
  let readAgain = false;
  let failures = 0;
  /** When to open the channel again. */
  let reopen: ReturnType<typeof setTimeout> | undefined;
  let channel: RealtimeChannel | undefined;

  const later = (known: Row | undefined, row: Row): Row => (known === undefined ? row : followed.newest(known, row));
  const report = (status: FeedStatus): void => {
    if (stopped.signal.aborted) return;
    told = status.status;
    handler.onStatus?.(status);
  };
  const pollIn = (milliseconds: number): void => {
    clearTimeout(poll);
    if (!stopped.signal.aborted) poll = setTimeout(catchUp, milliseconds);
  };
  /** How long to wait after a failure. */
  const backoff = (): number => {
    const limit = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** failures);
    failures += 1;
    return limit / 2 + (Math.random() * limit) / 2;
  };
  const lost = (error: IndicatorsError): void => {
    caughtUp = false;
    report({ status: "lost", error });
  };

  const deliver = (rows: readonly Row[]): void => {
    if (rows.length > 0 && !stopped.signal.aborted) handler.onRows(rows);
  };
  const deliverHeld = (): void => {
    const rows = held;
    held = [];
    deliver(rows);
    if (caughtUp && !reading) cursor = rows.reduce(later, cursor);
    else ahead = rows.reduce(later, ahead);
  };

  const catchUp = async (): Promise<void> => {
    clearTimeout(poll);
    if (reading) {
      readAgain = true;
      return;
    }
    reading = true;
    try {
      do {
        readAgain = false;
        const all = everything;
        everything = false;
        try {
          const rows = await followed.read(all ? undefined : cursor, stopped.signal);
          deliver(rows);
          // Rows that were not taken are read again.
          cursor = rows.reduce(later, cursor);
        } catch (thrown) {
          everything ||= all;
          throw thrown;
        } finally {
          deliverHeld();
        }
        if (stopped.signal.aborted) return;
        if (ahead !== undefined) cursor = later(cursor, ahead);
        ahead = undefined;
      } while (readAgain);
      failures = 0;
      if (!joined || stale) {
        if (told !== "polling") report({ status: "polling" });
        pollIn(POLL_MS);
      } else if (!caughtUp) {
        caughtUp = true;
        report({ status: "live" });
      }
    } catch (thrown) {
      if (stopped.signal.aborted) return;
      lost(asReadError(thrown));
      pollIn(backoff());
    } finally {
      reading = false;
    }
  };

  const take = (payload: { new?: unknown; errors?: readonly string[] | null }): void => {
    // The server says so when it could not send a row whole.
    if (payload.errors?.length) {
      void catchUp();
      return;
    }
    const row = followed.parse(payload.new as Record<string, unknown>);
    if (!followed.wanted(row)) return;
    held.push(row);
    if (!reading) deliverHeld();
  };

  const open = (): void => {
    const { table, ticker } = followed;
    const filter = { schema: "public", table, filter: `ticker=eq.${ticker}` };
    // Channels of one client need names that differ; pages that are no secure context have no `crypto.randomUUID`.
    const opened = client
      .channel(`alpha-kite-${table}-${ticker}-${Math.random().toString(36).slice(2)}`)
      .on("postgres_changes", { event: "INSERT", ...filter }, take)
      .on("postgres_changes", { event: "UPDATE", ...filter }, take)
      // Joining is answered before the server listens to the database: rows stored in between are read then.
      .on("system", {}, (message: { status?: string }) => {
        if (message.status !== "ok") return;
        everything ||= stale;
        stale = false;
        void catchUp();
      });
    channel = opened;
    opened.subscribe((status, error) => {
      if (stopped.signal.aborted || channel !== opened) return;
      if (status === "SUBSCRIBED") {
        joined = true;
        stale = followed.revised && cursor !== undefined;
        void catchUp();
        return;
      }
      joined = false;
      const message = error?.message ?? `the channel is ${status.toLowerCase().replace("_", " ")}`;
      // A reading that is due already stays due: a channel that is lost over and over shall not put it off.
      if (cursor === undefined) pollIn(0);
      else if (caughtUp) pollIn(POLL_MS);
      // The client joins again by itself unless the channel was closed.
      if (status === "CLOSED") {
        clearTimeout(reopen);
        reopen = setTimeout(open, backoff());
      }
      // While rows are read all the same it is no news that there still is no channel.
      if (told === "polling") caughtUp = false;
      else lost(new IndicatorsError("read_failed", message, { cause: error }));
    });
  };

  report({ status: "connecting" });
  open();
  pollIn(FIRST_READ_MS);
  return () => {
    stopped.abort();
    clearTimeout(reopen);
    clearTimeout(poll);
    if (channel !== undefined) void client.removeChannel(channel);
  };
}

function asReadError(thrown: unknown): IndicatorsError {
  if (thrown instanceof IndicatorsError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new IndicatorsError("read_failed", message, { cause: thrown });
}
