import { core } from "./core.js";
import { checked } from "./errors.js";
import { bad } from "./input.js";

/** A price, exactly. */
export interface Price {
  /** Whole micro-dollars, from 0 to 10^13, as a number that holds them exactly. */
  readonly micros: number;
  /** Whether the text had more than six decimals, and was rounded to the nearest micro-dollar (ties to even). */
  readonly rounded: boolean;
}

/**
 * Reads a price in dollars from its decimal text, in JSON's grammar for numbers. The text is never turned into a double.
 *
 * @throws IndicatorsError `not_a_number` or `price_out_of_range`.
 */
export function parsePrice(text: string): Price {
  if (typeof text !== "string") throw bad("parsePrice reads a text");
  return checked(() => core().parsePrice(text)) as Price;
}
