import { useSyncExternalStore } from "react";
import type { Theme } from "@/chart/palette";

/** Where the theme is remembered; public/prepare.js reads it before the first paint. */
const THEME_KEY = "alpha-kite-theme";

const listeners = new Set<() => void>();

const read = (): Theme => (document.documentElement.dataset.theme === "light" ? "light" : "dark");

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

/** The theme of the page; it is remembered. */
export function useTheme(): [Theme, (theme: Theme) => void] {
  return [useSyncExternalStore(subscribe, read, () => "dark" as const), setTheme];
}

function setTheme(theme: Theme): void {
  document.documentElement.dataset.theme = theme;
  remember(THEME_KEY, theme);
  for (const listener of listeners) listener();
}

/** Keeps a choice for the next visit, where the browser lets it. */
export function remember(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Private windows may refuse: then the choice lasts as long as the page.
  }
}

/** What was chosen on an earlier visit. */
export function remembered(key: string): string | undefined {
  try {
    return localStorage.getItem(key) ?? undefined;
  } catch {
    return undefined;
  }
}
