import type { SupabaseClient } from "@supabase/supabase-js";
import { type ServerSeries, type ServerStatus, type Source, SourceError, type StoredSession } from "../types";
import { followDay } from "./follow";
import { type Row, readTable } from "./read-table";

/** The tables of the ingester on Supabase, read with the anonymous key. */
export function createSupabaseSource(client: SupabaseClient): Source {
  return {
    name: "supabase",
    computesAnyInterval: false,
    async tickers(signal) {
      const rows = await readTable(
        client
          .from("session_digests")
          .select("ticker")
          .order("date", { ascending: false })
          .limit(1000)
          .abortSignal(signal),
      );
      return [...new Set(rows.map(({ ticker }) => String(ticker)))];
    },
    async status(ticker, signal) {
      return { status: await readStatus(client, ticker, signal), clock: undefined };
    },
    async sessions(ticker, signal): Promise<readonly StoredSession[]> {
      const rows = await readTable(
        client
          .from("session_digests")
          .select("date")
          .eq("ticker", ticker)
          .order("date", { ascending: false })
          .limit(1000)
          .abortSignal(signal),
      );
      return [...new Set(rows.map(({ date }) => String(date)))].sort().map((date) => ({ date }));
    },
    async series({ ticker, from, to }, barSeconds, signal): Promise<ServerSeries> {
      const rows: Row[] = [];
      while (true) {
        const after = rows.at(-1)?.timestamp;
        const query = client
          .from("indicators")
          .select("timestamp,sma9,vwap")
          .eq("ticker", ticker)
          .eq("bar_seconds", barSeconds)
          .lt("timestamp", new Date(to).toISOString());
        const rest =
          after === undefined
            ? query.gte("timestamp", new Date(from).toISOString())
            : query.gt("timestamp", String(after));
        const page = await readTable(rest.order("timestamp").abortSignal(signal));
        if (page.length === 0) break;
        rows.push(...page);
      }
      const values = (name: string) => Float64Array.from(rows, (row) => (row[name] as number | null) ?? Number.NaN);
      const times = Float64Array.from(rows, (row) => Date.parse(String(row.timestamp)));
      return { barSeconds, times, sma9: values("sma9"), vwap: values("vwap") };
    },
    follow: (day, handler) => followDay(client, day, handler),
  };
}

/** What the tables tell of the ingester's health. */
export async function readStatus(client: SupabaseClient, ticker: string, signal: AbortSignal): Promise<ServerStatus> {
  const [newest, gaps, metrics] = await Promise.all([
    readTable(
      client
        .from("equity_data")
        .select("timestamp")
        .eq("ticker", ticker)
        .order("timestamp", { ascending: false })
        .limit(1)
        .abortSignal(signal),
    ),
    readTable(
      client.from("gaps").select("started_at").eq("ticker", ticker).eq("state", "open").limit(100).abortSignal(signal),
    ),
    readTable(
      client
        .from("streaming_metrics")
        .select("status,batch_latency_ms,processing_latency_ms")
        .eq("ticker", ticker)
        .order("recorded_at", { ascending: false })
        .limit(1)
        .abortSignal(signal),
    ),
  ]);
  const last = newest[0]?.timestamp;
  const report = metrics[0];
  const said = report === undefined ? undefined : String(report.status);
  const worst = report === undefined ? undefined : latencyOf(report);
  return {
    lastRow: last === undefined ? undefined : Date.parse(String(last)),
    gapsOpen: gaps.length,
    ...(said !== undefined && { connection: { state: said === "ok" ? "live" : said, detail: undefined } }),
    ...(said === "reauth-required" && { token: { state: "reauth_required", refreshExpiresAt: undefined } }),
    ...(worst !== undefined && { latency: { p50: undefined, p99: worst } }),
  };
}

/** The longest way of a frame to its committed row, of the newest report. */
function latencyOf({ batch_latency_ms: batch, processing_latency_ms: processing }: Row): number | undefined {
  return batch === null || batch === undefined ? undefined : Number(batch) + Number(processing ?? 0);
}

/** Makes the source that the build was configured with. The client is loaded only then. */
export async function connectSupabase(url: string, anonKey: string): Promise<Source> {
  const { createClient } = await import("@supabase/supabase-js").catch((cause: unknown) => {
    throw new SourceError("A part of the page could not be loaded.", { cause });
  });
  return createSupabaseSource(createClient(url, anonKey, { auth: { persistSession: false, autoRefreshToken: false } }));
}
