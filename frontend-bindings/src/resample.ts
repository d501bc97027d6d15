import { core } from "./core.js";
import { checked } from "./errors.js";
import { allocate, checkBarSeconds, checkColumns, type Input, isDoubles } from "./input.js";
import type { Columns, Prices, Times, Volumes } from "./types.js";
import { chunkWorkspace, forChunks, type Integers } from "./workspace.js";

/** Bars with all four prices, in columns of the same kinds as the columns that they were made of. */
export interface BarColumns extends Columns {
  readonly opens: Prices;
  readonly highs: Prices;
  readonly lows: Prices;
}

/**
 * Makes bars of a longer interval: first open, highest high, lowest low, last close, sum of volume. Inside a session they are aligned to
 * its open, outside to UTC; none reaches across a session's edge, and empty intervals are absent. A price that the columns lack
 * counts as the close.
 *
 * @param barSeconds length of the new bars: 1, or whole minutes up to a day.
 */
export function resample(columns: Columns, barSeconds: number): BarColumns {
  const { Resampler } = core();
  const input = checkColumns(columns);
  checkBarSeconds(barSeconds);
  const workspace = chunkWorkspace(2);
  const resampler = checked(() => new Resampler(barSeconds));
  const parts: Integers[] = [];
  try {
    forChunks(input.rows, (first, count) => {
      workspace.write(input, first, count);
      const made = checked(() => resampler.push(workspace.wasm, count, input.doubles, first));
      parts.push(workspace.integers(made));
    });
    const made = checked(() => resampler.finish(workspace.wasm));
    parts.push(workspace.integers(made));
  } finally {
    resampler.free();
  }
  return join(parts, input);
}

function join(parts: Integers[], { times, prices, volumes }: Input): BarColumns {
  const column = (name: keyof Integers, like: Times | Prices | Volumes, scale: number) =>
    allocate(() =>
      concat(
        parts.map((part) => part[name]),
        like,
        scale,
      ),
    );
  return {
    times: column("times", times, 1),
    opens: column("opens", prices, 1e6),
    highs: column("highs", prices, 1e6),
    lows: column("lows", prices, 1e6),
    prices: column("prices", prices, 1e6),
    volumes: column("volumes", volumes, 1),
  };
}

/** Joins columns of integers; where doubles are wanted, divides each by `scale`, which gives the nearest double. */
function concat(parts: BigInt64Array[], like: Times | Prices | Volumes, scale: number): Float64Array | BigInt64Array {
  const joined = new BigInt64Array(parts.reduce((rows, part) => rows + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return isDoubles(like) ? Float64Array.from(joined, (value) => Number(value) / scale) : joined;
}
