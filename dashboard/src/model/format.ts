const TWO = { minimumFractionDigits: 2, maximumFractionDigits: 2 } as const;
const SIX = { minimumFractionDigits: 2, maximumFractionDigits: 6 } as const;
const priceFormat = new Intl.NumberFormat("en-US", SIX);
const roundFormat = new Intl.NumberFormat("en-US", TWO);
const valueFormat = new Intl.NumberFormat("en-US", { minimumFractionDigits: 4, maximumFractionDigits: 4 });
const countFormat = new Intl.NumberFormat("en-US");
const shortFormat = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 });

/** What stands where there is no value. */
export const NONE = "–";

/** A stored price with all of its decimals: `598.12`, `598.1234`. */
export function priceText(price: number): string {
  return Number.isFinite(price) ? priceFormat.format(price) : NONE;
}

/** A price to the cent. */
export function centsText(price: number): string {
  return Number.isFinite(price) ? roundFormat.format(price) : NONE;
}

/** SMA9 or VWAP to four decimals. */
export function valueText(value: number): string {
  return Number.isFinite(value) ? valueFormat.format(value) : NONE;
}

/** A count with thousands separated: `23,400`. */
export function countText(count: number): string {
  return countFormat.format(count);
}

/** A volume in few characters: `12.3K`. */
export function shortText(count: number): string {
  return shortFormat.format(count);
}

/** A length of time: `2d 03h 12m`, `3h 05m 09s`, `05m 09s`, `9 s`. */
export function durationText(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const two = (value: number) => String(value).padStart(2, "0");
  const [days, hours] = [Math.floor(seconds / 86_400), Math.floor(seconds / 3600) % 24];
  const [minutes, rest] = [Math.floor(seconds / 60) % 60, seconds % 60];
  if (days > 0) return `${days}d ${two(hours)}h ${two(minutes)}m`;
  if (hours > 0) return `${hours}h ${two(minutes)}m ${two(rest)}s`;
  return minutes > 0 ? `${two(minutes)}m ${two(rest)}s` : `${rest} s`;
}

/** An interval as people write it: `1s`, `5m`. */
export function intervalText(barSeconds: number): string {
  return barSeconds % 60 === 0 ? `${barSeconds / 60}m` : `${barSeconds}s`;
}

/** Milliseconds of latency: `0.8 ms`, `12 ms`. */
export function latencyText(milliseconds: number | undefined): string {
  if (milliseconds === undefined) return NONE;
  return `${milliseconds < 10 ? milliseconds.toFixed(1) : Math.round(milliseconds)} ms`;
}
