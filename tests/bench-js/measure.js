import * as kite from "../../frontend-bindings/dist/esm/index.js";
import { bySession, makeInput, opens } from "./input.js";
import { crossesOf, peers } from "./peers.js";

/** The names of the peers, in the order of the tables. */
export const names = Object.keys(peers);

/**
 * Measures one peer: nanoseconds a row for 23,400 rows in one batch, 2,340,000 rows in one batch, and one by one; and `wrong`, the rows
 * of the quiet input whose cross is not the exact one.
 */
export function measure(name, { countWrong }) {
  const peer = peers[name];
  const sessions = kite.sessionsBetween("2019-01-01", "2019-12-31");
  const result = {};
  for (const [key, count] of [
    ["one", 1],
    ["hundred", 100],
  ]) {
    const input = makeInput("walk", opens(sessions, count));
    result[key] = nanosPerRow(peer, peer.batch(input, bySession(input)), input.times.length);
    if (count === 1 && peer.stream) result.stream = nanosPerRow(peer, peer.stream(input), input.times.length);
  }
  if (countWrong) result.wrong = wrong(peer, sessions);
  return result;
}

function wrong(peer, sessions) {
  const input = makeInput("quiet", opens(sessions, 100));
  const exact = kite.compute(input, { ticker: "QQQ", barSeconds: 1 }).cross;
  const cross = crossesOf(peer.batch(input, bySession(input))());
  let [differ, crosses] = [0, 0];
  for (let row = 0; row < exact.length; row += 1) {
    if (exact[row] !== 0) crosses += 1;
    if (exact[row] !== cross[row]) differ += 1;
  }
  return { differ, crosses };
}

/**
 * The median of samples over some half a second in all, after a warm-up. A sample runs as often as makes it 5 ms long, since clocks of
 * browsers are coarse.
 */
function nanosPerRow(peer, run, rows) {
  let begin = performance.now();
  let warmUps = 0;
  do {
    run();
    warmUps += 1;
  } while (!peer.slow && performance.now() - begin < 200);
  const runs = Math.ceil((5 * warmUps) / Math.max(performance.now() - begin, 5));
  const samples = [];
  begin = performance.now();
  while (samples.length < (peer.slow ? 2 : 7) || (!peer.slow && performance.now() - begin < 500)) {
    const start = performance.now();
    for (let count = 0; count < runs; count += 1) run();
    samples.push((performance.now() - start) / runs);
  }
  samples.sort((a, b) => a - b);
  return (samples[samples.length >> 1] * 1e6) / rows;
}
