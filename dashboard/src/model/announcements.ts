import type { DayView } from "./dashboard";
import type { CrossLine } from "./ledger";

/**
 * Picks the cross that is to be told of in views that come one after the other: the newest that is confirmed in time, once, and none that
 * was there when its day or interval came into view.
 */
export function createAnnouncements(): (view: Pick<DayView, "key" | "barSeconds" | "lines">) => CrossLine | undefined {
  let told: { readonly key: DayView["key"]; readonly barSeconds: number; readonly time: number } | undefined;
  return ({ key, barSeconds, lines }) => {
    const newest = lines.find(({ state, late }) => state === "confirmed" && !late);
    const time = newest?.time ?? Number.NEGATIVE_INFINITY;
    const isSame = told?.key === key && told.barSeconds === barSeconds;
    // An older one is the newest again when a later one was withdrawn.
    if (isSame && told !== undefined && time <= told.time) return undefined;
    told = { key, barSeconds, time };
    return isSame ? newest : undefined;
  };
}
