import type { Source, StoredSession } from "../types";
import { clockOf, seriesOf, statusOf } from "./decode";
import { followDay } from "./follow";
import { readJson } from "./request";
import type * as wire from "./wire";

/** The ingester's own API, below an address such as `https://alpha-kite.example/`. */
export function createHttpSource(base: string): Source {
  return {
    name: "alpha-kite",
    computesAnyInterval: true,
    async tickers(signal) {
      const answer = await readJson<{ tickers: string[]; default?: string }>(apiUrl(base, "tickers"), signal);
      const { tickers, default: first } = answer;
      return first === undefined ? tickers : [first, ...tickers.filter((ticker) => ticker !== first)];
    },
    async status(ticker, signal) {
      const answer = await readJson<wire.Status>(apiUrl(base, "status"), signal);
      return { status: statusOf(answer, ticker), clock: clockOf(answer) };
    },
    async sessions(ticker, signal): Promise<readonly StoredSession[]> {
      const url = apiUrl(base, "sessions", { ticker });
      const answer = await readJson<{ sessions: { date: string }[] }>(url, signal);
      return answer.sessions.map(({ date }) => ({ date })).sort((a, b) => (a.date < b.date ? -1 : 1));
    },
    async series({ ticker, date }, barSeconds, signal) {
      const interval = barSeconds % 60 === 0 ? `${barSeconds / 60}m` : `${barSeconds}s`;
      const answer = await readJson<wire.Indicators>(apiUrl(base, "indicators", { ticker, date, interval }), signal);
      return seriesOf(answer, date);
    },
    follow: (day, handler) => followDay(base, day, handler),
  };
}

/** The address of a part of the API. */
export function apiUrl(base: string, path: string, query: Record<string, string> = {}): URL {
  const url = new URL(`v1/${path}`, base);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url;
}
