import type { RowColumns } from "@/source/types";

/** The stored rows of one day, in order of their starts. */
export interface Rows {
  readonly length: number;
  /**
   * Puts rows in their places; a row that starts when a known one does replaces it. Returns the index of the first row that is not what it
   * was before, or the length where nothing changed.
   */
  merge(more: RowColumns): number;
  /** Views of the rows as they are now. Later merges may write to them. */
  columns(): RowColumns;
}

/** Columns without rows. */
export function noRows(): RowColumns {
  return allocate(0);
}

/** Makes an empty day. */
export function createRows(): Rows {
  let buffers = allocate(4096);
  let length = 0;

  const grow = (rows: number): void => {
    if (rows <= buffers.times.length) return;
    const larger = allocate(2 ** Math.ceil(Math.log2(rows)));
    copy(view(buffers, 0, length), larger, 0);
    buffers = larger;
  };

  /** Whether the row at `at` is the row `from` of `more` already. */
  const same = (at: number, more: RowColumns, from: number): boolean =>
    NAMES.every((name) => buffers[name][at] === more[name][from]);

  /** Makes the day anew of two ordered lists; the second one's rows win. */
  const weave = (more: RowColumns): void => {
    const old = view(buffers, 0, length);
    const woven = allocate(2 ** Math.ceil(Math.log2(length + more.times.length + 1)));
    let [left, right, at] = [0, 0, 0];
    while (left < length || right < more.times.length) {
      const a = left < length ? (old.times[left] as number) : Number.POSITIVE_INFINITY;
      const b = right < more.times.length ? (more.times[right] as number) : Number.POSITIVE_INFINITY;
      if (a < b) put(old, left, woven, at);
      else put(more, right, woven, at);
      if (a <= b) left += 1;
      if (b <= a) right += 1;
      at += 1;
    }
    buffers = woven;
    length = at;
  };

  return {
    get length() {
      return length;
    },
    merge(given) {
      const more = ordered(given);
      const rows = more.times.length;
      if (rows === 0) return length;
      const last = length === 0 ? Number.NEGATIVE_INFINITY : (buffers.times[length - 1] as number);
      if ((more.times[0] as number) > last) {
        const first = length;
        grow(length + rows);
        copy(more, buffers, length);
        length += rows;
        return first;
      }
      for (let row = 0; row < rows; row += 1) {
        const at = lowerBound(buffers.times, more.times[row] as number, length);
        if (at < length && same(at, more, row)) continue;
        weave(view(more, row, rows));
        return at;
      }
      return length;
    },
    columns: () => view(buffers, 0, length),
  };
}

/** The first index of ascending `times`, of which `length` count, that is not before `time`. */
export function lowerBound(times: Float64Array, time: number, length = times.length): number {
  let [low, high] = [0, length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] as number) < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

const NAMES = ["times", "opens", "highs", "lows", "prices", "volumes", "barSeconds", "repaired"] as const;

function allocate(rows: number): RowColumns {
  const doubles = () => new Float64Array(rows);
  return {
    times: doubles(),
    opens: doubles(),
    highs: doubles(),
    lows: doubles(),
    prices: doubles(),
    volumes: doubles(),
    barSeconds: doubles(),
    repaired: new Uint8Array(rows),
  };
}

function view(columns: RowColumns, from: number, to: number): RowColumns {
  return {
    times: columns.times.subarray(from, to),
    opens: columns.opens.subarray(from, to),
    highs: columns.highs.subarray(from, to),
    lows: columns.lows.subarray(from, to),
    prices: columns.prices.subarray(from, to),
    volumes: columns.volumes.subarray(from, to),
    barSeconds: columns.barSeconds.subarray(from, to),
    repaired: columns.repaired.subarray(from, to),
  };
}

function copy(from: RowColumns, to: RowColumns, at: number): void {
  for (const name of NAMES) to[name].set(from[name], at);
}

function put(from: RowColumns, row: number, to: RowColumns, at: number): void {
  for (const name of NAMES) to[name][at] = from[name][row] as number;
}

/** The same rows with strictly rising starts; of rows that start together the last given stays. */
function ordered(columns: RowColumns): RowColumns {
  const { times } = columns;
  if (times.every((time, row) => row === 0 || time > (times[row - 1] as number))) return columns;
  const byTime = new Map<number, number>();
  for (let row = 0; row < times.length; row += 1) byTime.set(times[row] as number, row);
  const rows = [...byTime.entries()].sort(([a], [b]) => a - b);
  const sorted = allocate(rows.length);
  for (const [at, [, row]] of rows.entries()) put(columns, row, sorted, at);
  return sorted;
}
