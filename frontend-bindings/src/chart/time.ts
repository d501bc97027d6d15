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

/** For `timeScale.tickMarkFormatter` of lightweight-charts: days are labelled with their date, other moments with their time. */
export function easternTickFormatter(seconds: unknown, tickMarkType: number): string {
  return easternLabel(Number(seconds) * 1000, TICK_STYLES[tickMarkType] ?? "time");
}

/** By lightweight-charts' `TickMarkType`: year, month, day, time, time with seconds. */
const TICK_STYLES: readonly EasternStyle[] = ["date", "date", "date", "minute", "time"];
