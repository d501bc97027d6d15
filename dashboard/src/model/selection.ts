import { isDate } from "./eastern";

/** What the address of the page asks for. */
export interface Selection {
  readonly ticker: string | undefined;
  /** A New York date; absent for the newest day, which then is followed over midnight. */
  readonly date: string | undefined;
  readonly barSeconds: number;
}

/** The intervals that the page offers, in seconds. */
export const INTERVALS = [1, 60, 300] as const;

const NAMES: Record<string, number> = { "1s": 1, "1m": 60, "5m": 300 };

/** Reads the query of an address. What makes no sense counts as absent. */
export function parseSelection(search: string): Selection {
  const query = new URLSearchParams(search);
  const ticker = query.get("ticker")?.trim().toUpperCase() ?? "";
  const date = query.get("date") ?? "";
  return {
    ticker: /^[^|\s]{1,32}$/.test(ticker) ? ticker : undefined,
    date: isDate(date) && date >= "1990-01-01" && date <= "2100-12-31" ? date : undefined,
    barSeconds: NAMES[query.get("interval") ?? ""] ?? 1,
  };
}

/** Writes the query of an address. */
export function formatSelection({ ticker, date, barSeconds }: Selection): string {
  const query = new URLSearchParams();
  if (ticker !== undefined) query.set("ticker", ticker);
  if (date !== undefined) query.set("date", date);
  const interval = Object.keys(NAMES).find((name) => NAMES[name] === barSeconds);
  if (interval !== undefined) query.set("interval", interval);
  return `?${query}`;
}
