/** A moment by New York's clock. */
export interface EasternParts {
  /** `2019-02-11`. */
  readonly date: string;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

const FORMAT = new Intl.DateTimeFormat("en-US", {
  timeZone: "America/New_York",
  hourCycle: "h23",
  year: "numeric",
  month: "2-digit",
  day: "2-digit",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Reads New York's clock at a moment in milliseconds. */
export function easternParts(time: number): EasternParts {
  const parts: Record<string, string> = {};
  for (const { type, value } of FORMAT.formatToParts(time)) parts[type] = value;
  return {
    date: `${parts.year}-${parts.month}-${parts.day}`,
    hour: Number(parts.hour),
    minute: Number(parts.minute),
    second: Number(parts.second),
  };
}

/** New York's date at a moment. */
export function easternDate(time: number): string {
  return easternParts(time).date;
}

/** The moment of a wall-clock time in New York. */
export function easternMoment(date: string, hour: number, minute = 0): number {
  const wall = Date.parse(`${date}T00:00:00Z`) + hour * HOUR_MS + minute * 60_000;
  const guess = wall + 5 * HOUR_MS;
  // New York is four or five hours behind UTC; the changes are at 02:00, and no moment asked for is inside one.
  const { date: read, hour: readHour, minute: readMinute } = easternParts(guess);
  const shown = Date.parse(`${read}T00:00:00Z`) + readHour * HOUR_MS + readMinute * 60_000;
  return guess - (shown - wall);
}

/** The first moment of a New York day, and the first moment after it: 23, 24 or 25 hours later. */
export function dayBounds(date: string): { from: number; to: number } {
  return { from: easternMoment(date, 0), to: easternMoment(addDays(date, 1), 0) };
}

/** The date some days later. */
export function addDays(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);
}

/** 0 for Sunday to 6 for Saturday. */
export function weekday(date: string): number {
  return new Date(`${date}T00:00:00Z`).getUTCDay();
}

/** Whether a text is a date of the calendar. */
export function isDate(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return false;
  const time = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

const LONG_DATE = new Intl.DateTimeFormat("en-US", {
  timeZone: "UTC",
  weekday: "short",
  month: "short",
  day: "numeric",
  year: "numeric",
});

/** `Mon, Feb 11, 2019`. */
export function longDate(date: string): string {
  return LONG_DATE.format(Date.parse(`${date}T00:00:00Z`));
}
