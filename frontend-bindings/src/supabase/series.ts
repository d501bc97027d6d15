import type { StoredBar } from "./bars.js";

/** Stored bars as columns: times in milliseconds, prices in micro-dollars, whole shares. */
export interface StoredColumns {
  readonly times: Float64Array;
  readonly opens: BigInt64Array;
  readonly highs: BigInt64Array;
  readonly lows: BigInt64Array;
  readonly prices: BigInt64Array;
  readonly volumes: Float64Array;
}

/** Bars in order of time, kept as columns that can be computed at any moment. */
export interface BarSeries {
  readonly length: number;
  /** Adds bars, in any order; one that starts when a known one does takes its place. */
  push(bars: readonly StoredBar[]): void;
  /** The columns as they are now. They stay as they are when more bars come, and are the same object until then. */
  columns(): StoredColumns;
}

/** Makes an empty series. */
export function createBarSeries(): BarSeries {
  let bars: StoredBar[] = [];
  let buffers = allocate(1024);
  // Rows that are written, and that views handed out may show: they are never written again.
  let written = 0;
  let shown: StoredColumns | undefined;

  const write = (first: number): void => {
    const rewrites = first < written;
    if (rewrites || bars.length > buffers.times.length) {
      buffers = allocate(Math.max(1024, 2 ** Math.ceil(Math.log2(bars.length + 1))));
      first = 0;
    }
    for (let row = first; row < bars.length; row += 1) put(buffers, row, bars[row] as StoredBar);
    written = bars.length;
    shown = undefined;
  };

  return {
    get length() {
      return bars.length;
    },
    push(more) {
      const end = bars.at(-1)?.time ?? Number.NEGATIVE_INFINITY;
      const [head] = more;
      if (head === undefined) return;
      const ordered = more.every((bar, row) => bar.time > (more[row - 1]?.time ?? end));
      const first = ordered ? bars.length : 0;
      if (ordered) for (const bar of more) bars.push(bar);
      else bars = merged(bars, more);
      write(first);
    },
    columns() {
      shown ??= firstRows(buffers, written);
      return shown;
    },
  };
}

function merged(bars: readonly StoredBar[], more: readonly StoredBar[]): StoredBar[] {
  const byTime = new Map(bars.map((bar) => [bar.time, bar]));
  for (const bar of more) byTime.set(bar.time, bar);
  return [...byTime.values()].sort((a, b) => a.time - b.time);
}

function firstRows({ times, opens, highs, lows, prices, volumes }: StoredColumns, rows: number): StoredColumns {
  return {
    times: times.subarray(0, rows),
    opens: opens.subarray(0, rows),
    highs: highs.subarray(0, rows),
    lows: lows.subarray(0, rows),
    prices: prices.subarray(0, rows),
    volumes: volumes.subarray(0, rows),
  };
}

function allocate(rows: number): StoredColumns {
  return {
    times: new Float64Array(rows),
    opens: new BigInt64Array(rows),
    highs: new BigInt64Array(rows),
    lows: new BigInt64Array(rows),
    prices: new BigInt64Array(rows),
    volumes: new Float64Array(rows),
  };
}

function put(columns: StoredColumns, row: number, bar: StoredBar): void {
  columns.times[row] = bar.time;
  columns.opens[row] = BigInt(bar.openMicros);
  columns.highs[row] = BigInt(bar.highMicros);
  columns.lows[row] = BigInt(bar.lowMicros);
  columns.prices[row] = BigInt(bar.priceMicros);
  columns.volumes[row] = bar.volume;
}
