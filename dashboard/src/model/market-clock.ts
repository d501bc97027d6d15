import type { ClockReading } from "@/source/types";

/** What time it is on the market: the server's clock, which in a demo runs faster than the viewer's. */
export interface MarketClock {
  /** Milliseconds since the epoch. */
  now(): number;
  readonly speed: number;
  set(reading: ClockReading): void;
}

/** Makes a clock that shows this machine's time until a server says otherwise. */
export function createMarketClock(ticks: () => number = Date.now): MarketClock {
  let base: ClockReading & { readonly at: number } = { now: ticks(), speed: 1, at: ticks() };
  return {
    now: () => base.now + (ticks() - base.at) * base.speed,
    get speed() {
      return base.speed;
    },
    set({ now, speed }) {
      base = { now, speed, at: ticks() };
    },
  };
}
