/** Whether the page is dark. */
export type Theme = "dark" | "light";

/** Colours of the chart. */
export interface Palette {
  readonly background: string;
  readonly text: string;
  readonly grid: string;
  readonly border: string;
  readonly crosshair: string;
  readonly label: string;
  readonly price: string;
  readonly priceTop: string;
  readonly priceBottom: string;
  readonly sma9: string;
  readonly vwap: string;
  readonly up: string;
  readonly down: string;
  readonly volumeUp: string;
  readonly volumeDown: string;
  readonly cluster: string;
  readonly forming: string;
  readonly extended: string;
  readonly edge: string;
  readonly gap: string;
  readonly gapOpen: string;
}

export const PALETTES: Record<Theme, Palette> = {
  dark: {
    background: "#0d1320",
    text: "#94a3b8",
    grid: "rgba(148, 163, 184, 0.07)",
    border: "rgba(148, 163, 184, 0.16)",
    crosshair: "rgba(148, 163, 184, 0.55)",
    label: "#334155",
    price: "#dbe4f0",
    priceTop: "rgba(125, 160, 255, 0.16)",
    priceBottom: "rgba(125, 160, 255, 0)",
    sma9: "#38bdf8",
    vwap: "#fbbf24",
    up: "#34d399",
    down: "#fb7185",
    volumeUp: "rgba(52, 211, 153, 0.45)",
    volumeDown: "rgba(251, 113, 133, 0.45)",
    cluster: "#a78bfa",
    forming: "#94a3b8",
    extended: "rgba(100, 116, 139, 0.13)",
    edge: "rgba(148, 163, 184, 0.35)",
    gap: "rgba(251, 191, 36, 0.28)",
    gapOpen: "rgba(251, 113, 133, 0.4)",
  },
  light: {
    background: "#ffffff",
    text: "#475569",
    grid: "rgba(100, 116, 139, 0.1)",
    border: "rgba(100, 116, 139, 0.25)",
    crosshair: "rgba(71, 85, 105, 0.55)",
    label: "#475569",
    price: "#1e293b",
    priceTop: "rgba(59, 99, 230, 0.12)",
    priceBottom: "rgba(59, 99, 230, 0)",
    sma9: "#0284c7",
    vwap: "#d97706",
    up: "#059669",
    down: "#e11d48",
    volumeUp: "rgba(5, 150, 105, 0.4)",
    volumeDown: "rgba(225, 29, 72, 0.38)",
    cluster: "#7c3aed",
    forming: "#64748b",
    extended: "rgba(100, 116, 139, 0.1)",
    edge: "rgba(71, 85, 105, 0.35)",
    gap: "rgba(217, 119, 6, 0.25)",
    gapOpen: "rgba(225, 29, 72, 0.3)",
  },
};
