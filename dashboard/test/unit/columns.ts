import type { RowColumns } from "@/source/types";

/** A row in few words: its second of the day, close, volume, and what differs from the usual. */
export interface ShortRow {
  time: number;
  price: number;
  volume?: number;
  barSeconds?: number;
}

/** Columns of rows whose four prices are one. */
export function columnsOf(rows: readonly ShortRow[]): RowColumns {
  const column = (read: (row: ShortRow) => number) => Float64Array.from(rows, read);
  const prices = () => column(({ price }) => price);
  return {
    times: column(({ time }) => time),
    opens: prices(),
    highs: prices(),
    lows: prices(),
    prices: prices(),
    volumes: column(({ volume = 100 }) => volume),
    barSeconds: column(({ barSeconds = 1 }) => barSeconds),
    repaired: new Uint8Array(rows.length),
  };
}

/** Seconds of a session from its open, with prices that swing. */
export function swinging(start: number, count: number): RowColumns {
  return columnsOf(
    Array.from({ length: count }, (_, second) => ({
      time: start + second * 1000,
      price: Math.round((600 + Math.sin(second / 40) * 0.5 + Math.sin(second / 7) * 0.2) * 100) / 100,
      volume: 50 + ((second * 37) % 400),
    })),
  );
}
