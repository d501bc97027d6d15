"use client";

import { useEffect, useRef } from "react";
import { easternParts } from "@/model/eastern";
import { durationText } from "@/model/format";
import type { MarketClock } from "@/model/market-clock";
import { marketAt } from "@/model/market-hours";
import { useTick } from "./use-tick";

const TICK_MS = 200;
/** Where market time runs faster. */
const FAST_TICK_MS = 80;

/** New York's time. */
export function EasternClock({ clock }: { clock: MarketClock }) {
  const text = useRef<HTMLSpanElement>(null);
  const { speed } = clock;
  useEffect(() => {
    // Written past React, and only what changed: nothing else of the page is touched.
    const write = () => {
      const { hour, minute, second } = easternParts(clock.now());
      const two = (value: number) => String(value).padStart(2, "0");
      const words = `${two(hour)}:${two(minute)}:${two(second)}`;
      if (text.current !== null && text.current.textContent !== words) text.current.textContent = words;
    };
    write();
    const timer = setInterval(write, speed === 1 ? TICK_MS : FAST_TICK_MS);
    return () => clearInterval(timer);
  }, [clock, speed]);
  return (
    <div className="flex items-baseline gap-1.5" data-testid="clock" role="timer" aria-label="Eastern time">
      <span className="font-semibold text-[17px] tabular-nums tracking-tight">
        <span ref={text}>--:--:--</span>
      </span>
      <span className="font-semibold text-[11px] text-soft">ET</span>
      {clock.speed !== 1 && (
        <span
          className="rounded bg-raised px-1 font-semibold text-[10px] text-soft"
          title="Market time passes this many times as fast"
        >
          {clock.speed}×
        </span>
      )}
    </div>
  );
}

const NAMES = { pre: "Pre-market", open: "Market open", post: "After hours", closed: "Market closed" } as const;
const DOTS = { pre: "bg-vwap", open: "bg-up", post: "bg-vwap", closed: "bg-soft" } as const;

/** Whether the market is open, and how long until that changes. */
export function MarketHours({ clock }: { clock: MarketClock }) {
  useTick(250);
  const now = clock.now();
  const { state, next, note } = marketAt(now);
  return (
    <div className="flex items-center gap-x-2 whitespace-nowrap text-soft text-xs">
      <span className={`size-2 rounded-full ${DOTS[state]}`} aria-hidden="true" />
      <span data-testid="market-state" data-state={state} className="font-medium text-ink">
        {NAMES[state]}
        {note !== undefined && <span className="font-normal text-soft"> · {note}</span>}
      </span>
      {next !== undefined && (
        <span data-testid="countdown" className="tabular-nums">
          {next.kind} in {durationText(next.at - now)}
        </span>
      )}
    </div>
  );
}
