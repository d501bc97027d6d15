// What each package does for SMA9, session VWAP and their crosses. A package that lacks a part gets the few lines that a user writes.
//
// batch(input, sessions) returns a function to be measured; what that returns tells the crosses: see crossesOf.
// stream(input) returns a function that goes through the rows one by one.
import { IndicatorsSync } from "@ixjb94/indicators";
import { sma as indicatortsSma, vwap as indicatortsVwap } from "indicatorts";
import { CrossDown, CrossUp, SMA as TechnicalSma, VWAP as TechnicalVwap } from "technicalindicators";
import { SMA as SignalsSma, VWAP as SignalsVwap } from "trading-signals";
import * as kite from "../../frontend-bindings/dist/esm/index.js";
import { SESSION_ROWS } from "./input.js";
import { wickra } from "./wickra.js";

const OPTIONS = { ticker: "QQQ", barSeconds: 1 };

/** Arrays for values, which have been written to: the system gives memory only then. */
const givenArrays = ({ prices: { length } }) => ({
  sma9: new Float64Array(length).fill(1),
  vwap: new Float64Array(length).fill(1),
  cross: new Int8Array(length).fill(1),
});

export const peers = {
  "this package, copied": {
    batch: (input) => () => kite.compute(input, OPTIONS).cross,
    stream: (input) => () => {
      const engine = kite.createEngine(OPTIONS);
      const { times, prices, volumes } = input;
      let sum = 0;
      for (let row = 0; row < times.length; row += 1) {
        engine.push(times[row], prices[row], volumes[row]);
        sum += engine.sma9 + engine.vwap;
      }
      engine.dispose();
      return sum;
    },
  },
  "this package, copied into given arrays": {
    batch: (input) => {
      const into = givenArrays(input);
      return () => kite.compute(input, OPTIONS, into).cross;
    },
  },
  "this package, copied, with crosses and their ids": {
    batch: (input) => () => {
      const { cross, crosses } = kite.compute(input, OPTIONS);
      return crosses.length > 0 ? cross : undefined;
    },
  },
  "this package, copied, with digests": {
    batch: (input) => () => {
      const { cross, sessions } = kite.compute(input, OPTIONS);
      return sessions.length > 0 ? cross : undefined;
    },
  },
  "this package, resident": {
    batch: (input) => {
      const resident = kite.createResidentColumns(input);
      return () => resident.compute(OPTIONS).cross;
    },
  },
  "hand-written f64 loop": {
    batch: (input) => {
      const rows = input.prices.length;
      const { sma9, vwap, cross } = givenArrays(input);
      return () => {
        for (let first = 0; first < rows; first += SESSION_ROWS)
          loop(input, sma9, vwap, cross, first, first + SESSION_ROWS);
        return cross;
      };
    },
    stream: (input) => () => {
      const { prices, volumes } = input;
      let sum = 0;
      let state = new HandWritten();
      for (let row = 0; row < prices.length; row += 1) {
        if (row % SESSION_ROWS === 0) state = new HandWritten();
        state.push(prices[row], volumes[row]);
        sum += state.sma9 + state.vwap;
      }
      return sum;
    },
  },
  "wickra-core in wasm": {
    batch: (input) => {
      const run = wickra.batch(input);
      return () => {
        const { sma9, vwap, cross } = run();
        return { sma9: sma9.slice(), vwap: vwap.slice(), cross: cross.slice() }.cross;
      };
    },
    stream: wickra.stream,
  },
  "wickra-core in wasm, into given arrays": {
    batch: (input) => {
      const [run, into] = [wickra.batch(input), givenArrays(input)];
      return () => {
        const values = run();
        for (const [name, array] of Object.entries(into)) array.set(values[name]);
        return into.cross;
      };
    },
  },
  "@ixjb94/indicators": {
    batch: (_, sessions) => {
      const indicators = new IndicatorsSync();
      return () =>
        sessions.map(({ close, volume }) => {
          const sma9 = indicators.sma(close, 9);
          const vwap = sessionVwap(close, volume).slice(8);
          return { up: indicators.crossover(sma9, vwap), down: indicators.crossover(vwap, sma9), first: 8 };
        });
    },
  },
  indicatorts: {
    batch: (_, sessions) => () =>
      sessions.map(({ close, volume }) => {
        const sma9 = indicatortsSma(close, { period: 9 });
        const vwap = indicatortsVwap(close, volume, { period: close.length });
        return crossColumn(sma9, vwap, 8);
      }),
  },
  "trading-signals": {
    batch: (_, sessions) => () =>
      sessions.map(({ close, volume }) => {
        const [sma, vwap] = [new SignalsSma(9), new SignalsVwap()];
        const sma9 = sma.updates(close, false);
        const values = close.map((price, row) => {
          vwap.update({ high: price, low: price, close: price, volume: volume[row] }, false);
          return vwap.isStable ? vwap.getResultOrThrow() : Number.NaN;
        });
        return crossColumn(sma9, values, 8);
      }),
    stream: (input) => () => {
      const { prices, volumes } = input;
      let [sma, vwap] = [new SignalsSma(9), new SignalsVwap()];
      let [sum, last] = [0, 0];
      for (let row = 0; row < prices.length; row += 1) {
        if (row % SESSION_ROWS === 0) [sma, vwap, last] = [new SignalsSma(9), new SignalsVwap(), 0];
        const price = prices[row];
        const mean = sma.update(price, false);
        vwap.update({ high: price, low: price, close: price, volume: volumes[row] }, false);
        if (mean === null) continue;
        const value = vwap.getResultOrThrow();
        const side = Math.sign(mean - value);
        if (side !== 0 && side !== last) last = side;
        sum += mean + value;
      }
      return sum + last;
    },
  },
  technicalindicators: {
    slow: true,
    batch: (_, sessions) => () =>
      sessions.map(({ close, volume }) => {
        const sma9 = TechnicalSma.calculate({ period: 9, values: close });
        const vwap = TechnicalVwap.calculate({ open: close, high: close, low: close, close, volume }).slice(8);
        return {
          up: CrossUp.calculate({ lineA: sma9, lineB: vwap }),
          down: CrossDown.calculate({ lineA: sma9, lineB: vwap }),
          first: 8,
        };
      }),
    stream: (input) => () => {
      const { prices, volumes } = input;
      let [sma, vwap] = [];
      let [sum, last] = [0, 0];
      for (let row = 0; row < prices.length; row += 1) {
        if (row % SESSION_ROWS === 0) {
          sma = new TechnicalSma({ period: 9, values: [] });
          vwap = new TechnicalVwap({ open: [], high: [], low: [], close: [], volume: [] });
          last = 0;
        }
        const price = prices[row];
        const mean = sma.nextValue(price);
        const value = vwap.nextValue({ open: price, high: price, low: price, close: price, volume: volumes[row] });
        if (mean === undefined) continue;
        const side = Math.sign(mean - value);
        if (side !== 0 && side !== last) last = side;
        sum += mean + value;
      }
      return sum + last;
    },
  },
};

/** One pass over a session, the fastest that we could write without exactness. */
function loop({ prices, volumes }, sma9, vwap, cross, first, end) {
  let [sum, dollars, shares, last] = [0, 0, 0, 0];
  for (let row = first; row < end; row += 1) {
    const price = prices[row];
    sum += price;
    if (row >= first + 9) sum -= prices[row - 9];
    dollars += price * volumes[row];
    shares += volumes[row];
    const value = dollars / shares;
    vwap[row] = value;
    cross[row] = 0;
    if (row < first + 8) {
      sma9[row] = Number.NaN;
      continue;
    }
    const mean = sum / 9;
    sma9[row] = mean;
    const side = mean > value ? 1 : mean < value ? -1 : 0;
    if (side !== 0 && side !== last) {
      if (last !== 0) cross[row] = side;
      last = side;
    }
  }
}

class HandWritten {
  constructor() {
    this.window = new Float64Array(16);
    this.at = 0;
    this.sum = 0;
    this.dollars = 0;
    this.shares = 0;
    this.last = 0;
    this.sma9 = Number.NaN;
    this.vwap = Number.NaN;
  }

  push(price, volume) {
    this.sum += price - this.window[(this.at - 9) & 15];
    this.window[this.at & 15] = price;
    this.at += 1;
    this.dollars += price * volume;
    this.shares += volume;
    this.vwap = this.dollars / this.shares;
    if (this.at < 9) return 0;
    this.sma9 = this.sum / 9;
    const side = this.sma9 > this.vwap ? 1 : this.sma9 < this.vwap ? -1 : 0;
    if (side === 0 || side === this.last) return 0;
    const cross = this.last === 0 ? 0 : side;
    this.last = side;
    return cross;
  }
}

function sessionVwap(close, volume) {
  let [dollars, shares] = [0, 0];
  return close.map((price, row) => {
    dollars += price * volume[row];
    shares += volume[row];
    return dollars / shares;
  });
}

/** The textbook rule over two columns, from row `first` on. */
function crossColumn(sma9, vwap, first) {
  const cross = new Int8Array(sma9.length);
  for (let row = first + 1; row < sma9.length; row += 1) {
    const [now, before] = [sma9[row] - vwap[row], sma9[row - 1] - vwap[row - 1]];
    if (now > 0 && before <= 0) cross[row] = 1;
    else if (now < 0 && before >= 0) cross[row] = -1;
  }
  return cross;
}

/** What a batch returned, as one column of crosses over all rows. */
export function crossesOf(returned) {
  if (returned instanceof Int8Array) return returned;
  const cross = new Int8Array(returned.length * SESSION_ROWS);
  returned.forEach((session, number) => {
    const at = number * SESSION_ROWS;
    if (session instanceof Int8Array) cross.set(session, at);
    else {
      session.up.forEach((up, row) => {
        if (up) cross[at + session.first + row] = 1;
        else if (session.down[row]) cross[at + session.first + row] = -1;
      });
    }
  });
  return cross;
}
