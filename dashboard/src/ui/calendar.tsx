"use client";

import { sessionsBetween } from "@alpha-kite/indicators";
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { addDays, easternDate, longDate, weekday } from "@/model/eastern";
import { isHalfDay } from "@/model/market-hours";
import { IconButton } from "./controls";
import { Icon } from "./icons";

const WEEKDAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"] as const;

/** Days by which the arrow keys move. */
const STEPS: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };

/** A month of sessions: days without one cannot be chosen, and those with data are marked. */
export function Calendar({
  date,
  sessions,
  now,
  onPick,
  onClose,
}: {
  date: string;
  sessions: readonly string[];
  now: number;
  onPick: (date: string) => void;
  onClose: () => void;
}) {
  const [focused, setFocused] = useState(date);
  const grid = useRef<HTMLDivElement>(null);
  const month = focused.slice(0, 7);
  const days = daysOf(month);
  const open = new Map(
    sessionsBetween(days[0] as string, days.at(-1) as string).map((session) => [session.date, session]),
  );
  const stored = new Set(sessions);
  const today = easternDate(now);
  const newest = [sessions.at(-1) ?? today, today].sort().at(-1) as string;

  useEffect(() => {
    grid.current?.querySelector<HTMLButtonElement>('button[tabindex="0"]')?.focus();
  }, [focused]);

  const turn = (months: number): void => {
    const to = new Date(`${month}-15T00:00:00Z`);
    to.setUTCMonth(to.getUTCMonth() + months);
    setFocused(within(`${to.toISOString().slice(0, 7)}-01`, newest));
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = STEPS[event.key];
    if (event.key === "Escape") onClose();
    else if (event.key === "PageUp") turn(-1);
    else if (event.key === "PageDown") turn(1);
    else if (step !== undefined) setFocused(within(addDays(focused, step), newest));
    else return;
    event.preventDefault();
  };

  return (
    <div
      role="dialog"
      aria-label="Choose a session"
      data-testid="date-picker"
      onKeyDown={onKeyDown}
      className="absolute top-10 left-0 z-30 w-72 rounded-xl border border-line bg-card p-3 shadow-2xl"
    >
      <div className="mb-2 flex items-center justify-between">
        <IconButton label="Month before" onClick={() => turn(-1)}>
          <Icon name="left" />
        </IconButton>
        <span className="font-semibold text-sm" aria-live="polite">
          {new Date(`${month}-15T00:00:00Z`).toLocaleDateString("en-US", {
            timeZone: "UTC",
            month: "long",
            year: "numeric",
          })}
        </span>
        <IconButton label="Month after" disabled={month >= newest.slice(0, 7)} onClick={() => turn(1)}>
          <Icon name="right" />
        </IconButton>
      </div>
      <div className="grid grid-cols-7 text-center text-[11px] text-soft" aria-hidden="true">
        {WEEKDAYS.map((name) => (
          <span key={name} className="py-1">
            {name.slice(0, 2)}
          </span>
        ))}
      </div>
      <div ref={grid} className="grid grid-cols-7 gap-y-0.5">
        {Array.from({ length: weekday(days[0] as string) }, (_, at) => (
          <span key={WEEKDAYS[at]} />
        ))}
        {days.map((day) => {
          const session = open.get(day);
          const has = stored.has(day);
          const words = [longDate(day), session === undefined ? "no session" : has ? "with data" : "no data"];
          if (session !== undefined && isHalfDay(session)) words.push("half day");
          return (
            <button
              key={day}
              type="button"
              data-date={day}
              aria-label={words.join(", ")}
              aria-current={day === date ? "date" : undefined}
              aria-disabled={session === undefined || day > newest}
              tabIndex={day === focused ? 0 : -1}
              onClick={() => session !== undefined && day <= newest && onPick(day)}
              className={`relative mx-auto grid size-9 place-items-center rounded-lg text-xs tabular-nums aria-disabled:cursor-default aria-disabled:text-soft aria-disabled:opacity-40 aria-[current=date]:bg-accent aria-[current=date]:font-bold aria-[current=date]:text-card ${has ? "font-bold" : ""} ${session === undefined ? "" : "hover:bg-raised"}`}
            >
              {Number(day.slice(8))}
              {has && <span className="absolute bottom-1 size-1 rounded-full bg-up" />}
            </button>
          );
        })}
      </div>
      <p className="mt-2 flex items-center gap-1.5 text-[11px] text-soft">
        <span className="size-1 rounded-full bg-up" /> has data
      </p>
    </div>
  );
}

function daysOf(month: string): string[] {
  const days: string[] = [];
  for (let day = `${month}-01`; day.startsWith(month); day = addDays(day, 1)) days.push(day);
  return days;
}

/** A date between the first year of the exchange's calendar and the newest day. */
function within(date: string, newest: string): string {
  return date < "1990-01-01" ? "1990-01-01" : date > newest ? newest : date;
}
