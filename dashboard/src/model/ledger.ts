import type { Cross, Direction } from "@alpha-kite/indicators";
import type { LedgerEvent } from "@/source/types";
import type { Series } from "./series";

export type { Cross };

/** A line of the signals table: one cross, as the ledger and this page have it. */
export interface CrossLine {
  readonly id: string;
  readonly time: number;
  readonly direction: Direction;
  readonly price: number;
  readonly sma9: number;
  readonly vwap: number;
  /**
   * `confirmed`: in force, and computed here too. `withdrawn`: a revision removed it. `computed`: of an interval that no ledger keeps.
   * `pending`: computed here, not in the ledger yet. `missing`: in force in the ledger, not computed here.
   */
  readonly state: "confirmed" | "withdrawn" | "computed" | "pending" | "missing";
  readonly late: boolean;
}

/** Adds events to others; one that is known already changes nothing. */
export function mergeEvents(known: readonly LedgerEvent[], more: readonly LedgerEvent[]): readonly LedgerEvent[] {
  const keys = new Set(known.map(({ id, seq }) => `${id}/${seq}`));
  const news = more.filter(({ id, seq }) => !keys.has(`${id}/${seq}`));
  return news.length === 0 ? known : [...known, ...news];
}

/** The newest event of every cross. */
export function lastEvents(events: readonly LedgerEvent[]): Map<string, LedgerEvent> {
  const last = new Map<string, LedgerEvent>();
  for (const event of events) {
    const before = last.get(event.id);
    if (before === undefined || before.seq < event.seq) last.set(event.id, event);
  }
  return last;
}

/** The crosses whose newest event is `confirmed`. */
export function crossesInForce(events: readonly LedgerEvent[]): LedgerEvent[] {
  return [...lastEvents(events).values()].filter(({ event }) => event === "confirmed");
}

/** The lines of the table, newest first. `events` is absent where no ledger is kept of the interval. */
export function crossLines(series: Series, events: readonly LedgerEvent[] | undefined): CrossLine[] {
  const { barSeconds } = series.options;
  const last = lastEvents((events ?? []).filter((event) => event.barSeconds === barSeconds));
  const lines = new Map<string, CrossLine>();
  for (const event of last.values()) {
    const state = event.event === "withdrawn" ? "withdrawn" : "missing";
    lines.set(event.id, { ...pick(event), late: event.late, state });
  }
  for (const cross of series.crosses) {
    const event = last.get(cross.id);
    const state = events === undefined ? "computed" : event?.event === "confirmed" ? "confirmed" : "pending";
    lines.set(cross.id, { ...pick(cross), late: event?.late ?? false, state });
  }
  return [...lines.values()].sort((a, b) => b.time - a.time);
}

function pick({ id, time, direction, price, sma9, vwap }: Omit<CrossLine, "state" | "late">) {
  return { id, time, direction, price, sma9, vwap };
}
