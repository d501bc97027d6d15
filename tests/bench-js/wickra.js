// wickra-core, compiled to wasm with the few functions of wickra/src/lib.rs.
import { SESSION_ROWS } from "./input.js";

let exports;

/** Takes the compiled module's bytes; without them this peer is left out. */
export async function loadWickra(bytes) {
  ({ exports } = (await WebAssembly.instantiate(bytes, {})).instance);
}

export const wickra = {
  loaded: () => exports !== undefined,
  /** Copies the input in and computes; returns views of the results. */
  batch: (input) => {
    const rows = input.prices.length;
    const [prices, volumes, sma9, vwap, cross] = [8, 8, 8, 8, 1].map((size) => exports.alloc(rows * size));
    const doubles = (at) => new Float64Array(exports.memory.buffer, at, rows);
    return () => {
      doubles(prices).set(input.prices);
      doubles(volumes).set(input.volumes);
      for (let first = 0; first < rows; first += SESSION_ROWS) {
        const [at, signs] = [first * 8, first];
        exports.session(prices + at, volumes + at, sma9 + at, vwap + at, cross + signs, SESSION_ROWS);
      }
      return { sma9: doubles(sma9), vwap: doubles(vwap), cross: new Int8Array(exports.memory.buffer, cross, rows) };
    };
  },
  stream: (input) => () => {
    const { prices, volumes } = input;
    const state = exports.stream_new();
    let values = new Float64Array(exports.memory.buffer, state, 2);
    let sum = 0;
    for (let row = 0; row < prices.length; row += 1) {
      if (row % SESSION_ROWS === 0) exports.stream_reset(state);
      exports.stream_push(state, prices[row], volumes[row]);
      if (values.length === 0) values = new Float64Array(exports.memory.buffer, state, 2);
      sum += values[0] + values[1];
    }
    exports.stream_free(state);
    return sum;
  },
};
