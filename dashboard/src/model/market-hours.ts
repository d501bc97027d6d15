import { type Session, sessionsBetween } from "@alpha-kite/indicators";
import { addDays, easternDate, easternMoment, easternParts, weekday } from "./eastern";

/** The market at a moment. */
export interface MarketState {
  readonly state: "pre" | "open" | "post" | "closed";
  /** What comes next. */
  readonly next: { readonly kind: "opens" | "closes"; readonly at: number } | undefined;
  /** Why there is no ordinary session today, if that is so. */
  readonly note: "weekend" | "holiday" | "half day" | undefined;
}

const CLOSE_HOUR = 16;
/** The longest time without a session within living memory was six days. */
const LOOK_AHEAD_DAYS = 12;

/** Sessions around a date, asked for once a date. */
let known:
  | { readonly date: string; readonly today: Session | undefined; readonly next: Session | undefined }
  | undefined;

function sessionsAround(date: string) {
  if (known?.date === date) return known;
  const sessions = sessionsBetween(date, addDays(date, LOOK_AHEAD_DAYS));
  const today = sessions.find((session) => session.date === date);
  known = { date, today, next: sessions.find((session) => session.date > date) };
  return known;
}

/** What the exchange's calendar says of a moment in milliseconds. Pre-market is from 04:00, post-market four hours long. Needs `init()`. */
export function marketAt(time: number): MarketState {
  const date = easternDate(time);
  const { today, next } = sessionsAround(date);
  const opensNext = next && ({ kind: "opens", at: next.start } as const);
  if (today === undefined) {
    const note = [0, 6].includes(weekday(date)) ? "weekend" : "holiday";
    return { state: "closed", next: opensNext, note };
  }
  const note = isHalfDay(today) ? "half day" : undefined;
  if (time < today.start) {
    const state = time >= easternMoment(date, 4) ? "pre" : "closed";
    return { state, next: { kind: "opens", at: today.start }, note };
  }
  if (time < today.end) return { state: "open", next: { kind: "closes", at: today.end }, note };
  const state = time < today.end + 4 * 3_600_000 ? "post" : "closed";
  return { state, next: opensNext, note };
}

/** Whether a session closes before 16:00. */
export function isHalfDay(session: Session): boolean {
  return easternParts(session.end).hour < CLOSE_HOUR;
}
