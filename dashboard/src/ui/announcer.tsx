"use client";

import { easternLabel } from "@alpha-kite/indicators/chart";
import { useEffect, useState } from "react";
import { createAnnouncements } from "@/model/announcements";
import type { DayView } from "@/model/dashboard";
import { centsText } from "@/model/format";

/** Tells a screen reader of crosses that come while the page is open. */
export function Announcer({ view }: { view: DayView | undefined }) {
  const [text, setText] = useState("");
  const [next] = useState(createAnnouncements);
  useEffect(() => {
    const line = view === undefined ? undefined : next(view);
    if (line === undefined) return;
    setText(`Cross ${line.direction} at ${easternLabel(line.time, "time")} Eastern, price ${centsText(line.price)}`);
  }, [view, next]);
  return (
    <p className="sr-only" aria-live="polite" data-testid="announcer">
      {text}
    </p>
  );
}
