/** Seconds since the Unix epoch: the `UTCTimestamp` of lightweight-charts, spelled out so that its types are not needed. */
export type ChartSeconds = number & { readonly [Symbol.species]: "UTCTimestamp" };

/** Turns milliseconds into the seconds that lightweight-charts takes as time. */
export function toChartSeconds(time: number | bigint): ChartSeconds {
  return Math.floor(Number(time) / 1000) as ChartSeconds;
}

/** What a label shows. */
export type EasternStyle = "date" | "time" | "minute" | "full";

const EASTERN = { timeZone: "America/New_York", hourCycle: "h23" } as const;
const DATE = { month: "short", day: "numeric" } as const;
const MINUTE = { hour: "2-digit", minute: "2-digit" } as const;
const TIME = { ...MINUTE, second: "2-digit" } as const;

const FORMATS: Record<EasternStyle, Intl.DateTimeFormatOptions> = {
  date: DATE,
  minute: MINUTE,
  time: TIME,
  full: { ...DATE, year: "numeric", ...TIME },
};

const formatters = new Map<EasternStyle, Intl.DateTimeFormat>();

/**
 * Labels a moment in milliseconds with New York's clock, summer time included: `Feb 11` (`date`), `09:30` (`minute`), `09:30:00`
 * (`time`), `Feb 11, 2019, 09:30:00 ET` (`full`).
 */
export function easternLabel(time: number | bigint, style: EasternStyle = "minute"): string {
  let formatter = formatters.get(style);
  if (formatter === undefined) {
    formatter = new Intl.DateTimeFormat("en-US", { ...EASTERN, ...FORMATS[style] });
    formatters.set(style, formatter);
  }
  const label = formatter.format(Number(time));
  return style === "full" ? `${label} ET` : label;
}

/** For `localization.timeFormatter` of lightweight-charts: the label of the crosshair. */
export function easternTimeFormatter(seconds: unknown): string {
  return easternLabel(Number(seconds) * 1000, "full");
}

/**
 * For `timeScale.tickMarkFormatter` of lightweight-charts: where a day of New York begins its date, elsewhere the time.
 *
 * The library marks days where UTC's begin, at 19:00 or 20:00 in New York; such a mark is a time. One that stands at the first bar of a morning
 * is the date there too.
 */
export function easternTickFormatter(seconds: unknown, tickMarkType: number): string {
  const time = Number(seconds) * 1000;
  const style = TICK_STYLES[tickMarkType] ?? "time";
  const inEvening = easternLabel(time, "date") !== UTC_DATE.format(time);
  const isMidnight = easternLabel(time, "time") === "00:00:00";
  if (isMidnight) return easternLabel(time, "date");
  return easternLabel(time, style === "date" && inEvening ? "minute" : style);
}

const UTC_DATE = new Intl.DateTimeFormat("en-US", { ...DATE, timeZone: "UTC" });

/** By lightweight-charts' `TickMarkType`: year, month, day, time, time with seconds. */
const TICK_STYLES: readonly EasternStyle[] = ["date", "date", "date", "minute", "time"];
