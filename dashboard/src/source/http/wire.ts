// What the ingester's API sends, as it stands in its OpenAPI document. Prices and indicators are dollars, `…_ms` epoch milliseconds.

export interface Rows {
  start_ms: number[];
  open: number[];
  high: number[];
  low: number[];
  close: number[];
  volume: number[];
  bar_seconds: number[];
  /** Names that `source` counts. */
  sources?: string[];
  source?: number[];
}

export interface Digest {
  date: string;
  bar_seconds: number;
  rule: string;
  bars?: number;
  n?: number;
  digest: string;
  row_digest: string;
}

export interface Indicators {
  bar_seconds: number;
  rule: string;
  n: number;
  start_ms: number[];
  sma9: (number | null)[];
  vwap: (number | null)[];
  cross: number[];
  digest: string;
  row_digest: string;
}

export interface Signal {
  id: string;
  seq: number;
  event: "confirmed" | "withdrawn";
  bar_seconds: number;
  timestamp_ms: number;
  direction: "up" | "down";
  price: number;
  sma9: number;
  vwap: number;
  late: boolean;
}

export interface Gap {
  ticker: string;
  started_at_ms: number;
  ended_at_ms?: number | null;
  cause: string;
  state: "open" | "repaired" | "partial" | "unrecoverable";
  shares_missed?: number | null;
  rows_added: number;
  detail?: string | null;
}

export interface Provisional {
  ticker: string;
  bar_seconds: number;
  start_ms: number;
  open: number;
  high: number;
  low: number;
  close: number;
  volume: number;
}

export interface Commit {
  ticker: string;
  rows: Rows;
  series: Digest[];
  signals: Signal[];
}

export interface Status {
  version: string;
  now_ms: number;
  speed: number;
  connection: { state: string; detail?: string | null };
  token: { state: string; refresh_expires_ms?: number | null };
  database: { state: string; kind: string; spooled_rows?: number };
  latency_ms?: { p50?: number | null; p99?: number | null };
  tickers?: { ticker: string; last_row_ms?: number | null; gaps_open?: number }[];
}
