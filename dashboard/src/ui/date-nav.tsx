"use client";

import { useEffect, useRef, useState } from "react";
import type { Dashboard, DashboardState } from "@/model/dashboard";
import { longDate } from "@/model/eastern";
import { Calendar } from "./calendar";
import { IconButton } from "./controls";
import { Icon } from "./icons";

/** The day shown: the one before, the one after, or any session by a calendar. */
export function DateNav({
  dashboard,
  state,
  onDate,
}: {
  dashboard: Dashboard;
  state: DashboardState;
  onDate: (date: string | undefined) => void;
}) {
  const [open, setOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const opener = useRef<HTMLButtonElement>(null);
  const { date, pinned, sessions } = state;
  const [before, after] = [dashboard.neighbour(-1), dashboard.neighbour(1)];
  const close = () => {
    setOpen(false);
    opener.current?.focus();
  };
  useEffect(() => {
    if (!open) return;
    dashboard.refreshSessions();
    const outside = (event: PointerEvent) => {
      if (!box.current?.contains(event.target as Node)) setOpen(false);
    };
    document.addEventListener("pointerdown", outside);
    return () => document.removeEventListener("pointerdown", outside);
  }, [open, dashboard]);
  return (
    <div ref={box} className="relative flex items-center">
      <IconButton
        label="Session before"
        testId="date-prev"
        disabled={before === undefined}
        onClick={() => onDate(before)}
      >
        <Icon name="left" />
      </IconButton>
      <button
        ref={opener}
        type="button"
        data-testid="date"
        data-date={date}
        aria-haspopup="dialog"
        aria-expanded={open}
        disabled={date === undefined}
        onClick={() => setOpen(!open)}
        className="flex h-8 items-center gap-2 rounded-lg px-2 font-semibold text-[13px] tabular-nums hover:bg-raised"
      >
        <Icon name="calendar" className={`size-4 text-soft ${pinned ? "max-sm:hidden" : ""}`} />
        <span className="whitespace-nowrap">{date === undefined ? "…" : <DayName date={date} />}</span>
      </button>
      <IconButton label="Session after" testId="date-next" disabled={after === undefined} onClick={() => onDate(after)}>
        <Icon name="right" />
      </IconButton>
      {pinned && (
        <button
          type="button"
          data-testid="date-newest"
          onClick={() => onDate(undefined)}
          title="Newest"
          className="rounded-lg bg-accent/15 px-2 py-1 font-semibold text-accent text-xs sm:ml-1"
        >
          <span aria-hidden="true" className="sm:hidden">
            ⇥
          </span>
          <span className="max-sm:sr-only">Newest</span>
        </button>
      )}
      {open && date !== undefined && (
        <Calendar
          date={date}
          sessions={sessions}
          now={dashboard.clock.now()}
          onClose={close}
          onPick={(picked) => {
            close();
            onDate(picked);
          }}
        />
      )}
    </div>
  );
}

/** A phone has no room for the year. */
function DayName({ date }: { date: string }) {
  const [day = "", year = ""] = longDate(date).split(/(?=, \d{4}$)/);
  return (
    <>
      {day}
      <span className="max-sm:sr-only">{year}</span>
    </>
  );
}
