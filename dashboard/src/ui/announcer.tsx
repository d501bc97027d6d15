"use client";

import { easternLabel } from "@alpha-kite/indicators/chart";
import { useEffect, useRef, useState } from "react";
import type { DayView } from "@/model/dashboard";
import { centsText } from "@/model/format";

/** Tells a screen reader of crosses that come while the page is open. */
export function Announcer({ view }: { view: DayView | undefined }) {
  const [text, setText] = useState("");
  const last = useRef<{ key: DayView["key"]; barSeconds: number; id: string | undefined }>(undefined);
  useEffect(() => {
    if (view === undefined) return;
    const [line] = view.lines;
    const { key, barSeconds } = view;
    const before = last.current;
    const same = before?.key === key && before.barSeconds === barSeconds;
    if (same && line !== undefined && line.id !== before.id && line.state === "confirmed") {
      setText(`Cross ${line.direction} at ${easternLabel(line.time, "time")} Eastern, price ${centsText(line.price)}`);
    }
    last.current = { key, barSeconds, id: line?.id };
  }, [view]);
  return (
    <p className="sr-only" aria-live="polite" data-testid="announcer">
      {text}
    </p>
  );
}
