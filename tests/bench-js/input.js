// Made-up rows, the same on every machine: sessions of 23,400 seconds, prices in whole cents.

export const SESSION_ROWS = 23_400;

/** Numbers in [0, 1), from a seed (mulberry32). */
function randoms(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Whole sessions' opens, so many, from a list of sessions of the exchange. */
export function opens(sessions, count) {
  return sessions
    .filter(({ start, end }) => end - start === SESSION_ROWS * 1000)
    .slice(0, count)
    .map(({ start }) => start);
}

/**
 * `walk`: every second trades and the price goes a few cents up or down. `quiet`: a thin instrument, 70 % of the seconds without volume and
 * long stretches at one price, so that SMA9 and VWAP are often exactly equal.
 */
export function makeInput(kind, starts) {
  const random = randoms(kind === "walk" ? 1 : 2);
  const rows = starts.length * SESSION_ROWS;
  const times = new Float64Array(rows);
  const prices = new Float64Array(rows);
  const volumes = new Float64Array(rows);
  let cents = 60_000;
  for (let row = 0; row < rows; row += 1) {
    const second = row % SESSION_ROWS;
    times[row] = starts[Math.floor(row / SESSION_ROWS)] + second * 1000;
    if (kind === "walk") {
      cents += Math.round((random() + random() + random() - 1.5) * 4);
      volumes[row] = 1 + Math.floor(-Math.log(1 - random()) * 1000);
    } else {
      const trades = second === 0 || random() >= 0.7;
      if (trades && second >= 300 && random() < 0.01) cents += random() < 0.5 ? 1 : -1;
      volumes[row] = trades ? 1 + Math.floor(-Math.log(1 - random()) * 50) : 0;
    }
    prices[row] = cents / 100;
  }
  return { times, prices, volumes };
}

/** The same by session, as the ordinary arrays and candles that most packages take; made outside all measurements. */
export function bySession({ prices, volumes }) {
  const sessions = [];
  for (let first = 0; first < prices.length; first += SESSION_ROWS) {
    const close = Array.from(prices.subarray(first, first + SESSION_ROWS));
    const volume = Array.from(volumes.subarray(first, first + SESSION_ROWS));
    sessions.push({ close, volume });
  }
  return sessions;
}
