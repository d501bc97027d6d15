import { readdirSync, readFileSync } from "node:fs";
import type { Columns, Options } from "@alpha-kite/indicators";

const folder = new URL("../../tests/golden/", import.meta.url);

/** A golden file's value. */
export function golden<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(name, folder), "utf8")) as T;
}

export function goldenText(name: string): string {
  return readFileSync(new URL(name, folder), "utf8");
}

export interface EngineCase {
  case: string;
  ticker: string;
  bar_seconds: number;
  basis: "close" | "hlc3";
  rule: string;
  start: number[];
  open: string[];
  high: string[];
  low: string[];
  close: string[];
  volume: number[];
  sma9: (string | null)[];
  vwap: (string | null)[];
  cross: (1 | 0 | -1)[];
  crosses: { index: number; start: number; direction: "up" | "down"; id: string }[];
  sessions: {
    date: string;
    open: number;
    close: number;
    first: number;
    rows: number;
    crosses: number;
    digest: string;
    row_digest: string;
  }[];
}

/** Every engine case. */
export const engineCases: EngineCase[] = readdirSync(new URL("engine/", folder))
  .filter((name) => name.endsWith(".json"))
  .sort()
  .map((name) => golden<EngineCase>(`engine/${name}`));

export function engineCase(name: string): EngineCase {
  const found = engineCases.find((one) => one.case === name);
  if (found === undefined) throw new Error(`no case ${name}`);
  return found;
}

export function optionsOf({ ticker, bar_seconds, basis }: EngineCase): Options {
  return { ticker, barSeconds: bar_seconds, basis };
}

/** The rows as doubles: milliseconds, dollars, shares. */
export function doubles(rows: Pick<EngineCase, "start" | "open" | "high" | "low" | "close" | "volume">) {
  return {
    times: Float64Array.from(rows.start),
    opens: Float64Array.from(rows.open, Number),
    highs: Float64Array.from(rows.high, Number),
    lows: Float64Array.from(rows.low, Number),
    prices: Float64Array.from(rows.close, Number),
    volumes: Float64Array.from(rows.volume),
  };
}

/** The rows as integers: milliseconds, micro-dollars, shares. */
export function integers(rows: Pick<EngineCase, "start" | "open" | "high" | "low" | "close" | "volume">) {
  return {
    times: BigInt64Array.from(rows.start, BigInt),
    opens: BigInt64Array.from(rows.open, micros),
    highs: BigInt64Array.from(rows.high, micros),
    lows: BigInt64Array.from(rows.low, micros),
    prices: BigInt64Array.from(rows.close, micros),
    volumes: BigInt64Array.from(rows.volume, BigInt),
  };
}

/** Rows `[first, end)` of columns. */
export function part(columns: Columns, first: number, end?: number): Columns {
  const entries = Object.entries(columns) as [string, Float64Array | BigInt64Array][];
  return Object.fromEntries(entries.map(([name, column]) => [name, column.subarray(first, end)])) as unknown as Columns;
}

/** The bits of doubles as the golden files write them; null for NaN. */
export function bits(values: Float64Array): (string | null)[] {
  const view = new DataView(new ArrayBuffer(8));
  return Array.from(values, (value) => {
    if (Number.isNaN(value)) return null;
    view.setFloat64(0, value);
    return view.getBigUint64(0).toString(16).padStart(16, "0");
  });
}

export function double(hex: string): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, BigInt(`0x${hex}`));
  return view.getFloat64(0);
}

/** Decimal text of at most six decimals, read by cutting it up. */
function micros(text: string): bigint {
  const [whole = "0", fraction = ""] = text.split(".");
  return BigInt(whole + fraction.padEnd(6, "0"));
}

/** The code of the error that a call throws. */
export function codeOf(call: () => unknown): string {
  try {
    call();
  } catch (thrown) {
    return (thrown as { code?: string }).code ?? String(thrown);
  }
  return "nothing was thrown";
}

export function thrownBy(call: () => unknown): unknown {
  try {
    call();
  } catch (thrown) {
    return thrown;
  }
  throw new Error("nothing was thrown");
}
