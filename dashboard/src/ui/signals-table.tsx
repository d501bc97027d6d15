"use client";

import { easternLabel } from "@alpha-kite/indicators/chart";
import { memo, useEffect, useRef, useState } from "react";
import { centsText, valueText } from "@/model/format";
import type { CrossLine } from "@/model/ledger";
import { Card } from "./controls";

const ROW_PX = 30;
/** Rows made above and below what is seen. */
const SPARE_ROWS = 12;

const STATES: Record<CrossLine["state"], { text: string; about: string; colours: string }> = {
  confirmed: { text: "confirmed", about: "In the ledger, and computed here too", colours: "text-soft" },
  withdrawn: {
    text: "withdrawn",
    about: "A revision of the data removed this cross",
    colours: "text-warn line-through",
  },
  computed: { text: "computed", about: "Computed here; no ledger is kept of this interval", colours: "text-soft" },
  pending: { text: "unconfirmed", about: "Computed here; not in the ledger", colours: "text-warn" },
  missing: { text: "only there", about: "In the ledger, but not computed here", colours: "text-down font-semibold" },
};

/** The day's crosses, newest first; a click shows one on the chart. Only rows that can be seen are made. */
export const SignalsTable = memo(function SignalsTable({
  lines,
  isRead,
  picked,
  onPick,
}: {
  lines: readonly CrossLine[];
  /** The day has been read: what is not there is not. */
  isRead: boolean;
  picked: string | undefined;
  onPick: (line: CrossLine) => void;
}) {
  const box = useRef<HTMLDivElement>(null);
  const [window, setWindow] = useState({ top: 0, height: 600 });
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const look = () => setWindow({ top: element.scrollTop, height: element.clientHeight });
    const observer = new ResizeObserver(look);
    observer.observe(element);
    element.addEventListener("scroll", look, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener("scroll", look);
    };
  }, []);
  // Only when another one is picked, not whenever one is added.
  useEffect(() => {
    const at = lines.findIndex(({ id }) => id === picked);
    if (picked !== undefined && at >= 0) box.current?.scrollTo({ top: (at - 3) * ROW_PX });
  }, [picked]);
  const first = Math.max(0, Math.floor(window.top / ROW_PX) - SPARE_ROWS);
  const end = Math.min(lines.length, Math.ceil((window.top + window.height) / ROW_PX) + SPARE_ROWS);
  const confirmed = lines.filter(({ state }) => state !== "withdrawn").length;
  return (
    <Card
      title="Crosses"
      id="signals-heading"
      testId="signals"
      className="flex min-h-56 flex-1 flex-col overflow-hidden"
      aside={
        <span className="text-soft text-xs tabular-nums" data-testid="signals-count">
          {isRead && `${confirmed} in force`}
        </span>
      }
    >
      <section
        ref={box}
        className="max-h-[26rem] min-h-0 flex-1 overflow-y-auto lg:max-h-none"
        aria-label="Crosses, newest first"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be reached by keyboard
        tabIndex={0}
      >
        <table className="w-full text-xs tabular-nums" aria-rowcount={lines.length + 1}>
          <thead className="sticky top-0 z-10 bg-card text-[11px] text-soft">
            <tr className="h-7 text-right">
              <th scope="col" className="pl-4 text-left font-medium">
                Time ET
              </th>
              <th scope="col" className="text-left font-medium">
                <span className="sr-only">Direction</span>
              </th>
              <th scope="col" className="font-medium">
                Price
              </th>
              <th scope="col" className="font-medium">
                SMA9
              </th>
              <th scope="col" className="font-medium">
                VWAP
              </th>
              <th scope="col" className="pr-4 font-medium">
                State
              </th>
            </tr>
          </thead>
          <tbody>
            {first > 0 && <Space rows={first} />}
            {lines.slice(first, end).map((line, at) => (
              <Line key={line.id} line={line} index={first + at} picked={line.id === picked} onPick={onPick} />
            ))}
            {end < lines.length && <Space rows={lines.length - end} />}
          </tbody>
        </table>
        {isRead && lines.length === 0 && (
          <p className="px-4 py-6 text-center text-soft text-xs">No cross yet in this session.</p>
        )}
      </section>
    </Card>
  );
});

function Space({ rows }: { rows: number }) {
  return (
    <tr style={{ height: rows * ROW_PX }}>
      <td colSpan={6} />
    </tr>
  );
}

function Line({
  line,
  index,
  picked,
  onPick,
}: {
  line: CrossLine;
  index: number;
  picked: boolean;
  onPick: (line: CrossLine) => void;
}) {
  const { text, about, colours } = STATES[line.state];
  const up = line.direction === "up";
  return (
    <tr
      data-testid="signal-row"
      data-id={line.id}
      data-time={line.time}
      data-direction={line.direction}
      data-state={line.state}
      aria-rowindex={index + 2}
      style={{ height: ROW_PX }}
      onClick={() => onPick(line)}
      className={`cursor-pointer border-line/60 border-t text-right hover:bg-raised ${picked ? "bg-accent/10" : ""}`}
    >
      <td className="pl-4 text-left font-medium">
        <button type="button" aria-label={`Show ${easternLabel(line.time, "time")} on the chart`}>
          {easternLabel(line.time, "time")}
        </button>
      </td>
      <td className={`text-left ${up ? "text-up" : "text-down"}`}>
        <span aria-hidden="true">{up ? "▲" : "▼"}</span> <span className="max-sm:sr-only">{line.direction}</span>
      </td>
      <td className="font-medium">{centsText(line.price)}</td>
      <td>{valueText(line.sma9)}</td>
      <td>{valueText(line.vwap)}</td>
      <td className={`pr-4 ${colours}`} title={line.late ? `${about}; recorded late` : about}>
        {text}
        {line.late && (
          <span className="ml-1 text-[10px]" title="Recorded more than a minute after the bar closed">
            late
          </span>
        )}
      </td>
    </tr>
  );
}
