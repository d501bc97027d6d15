const PATHS = {
  left: "M15 5l-7 7 7 7",
  right: "M9 5l7 7-7 7",
  down: "M6 9l6 6 6-6",
  calendar: "M4 6h16v14H4zM4 10h16M8 3v4M16 3v4",
  sun: "M12 8a4 4 0 100 8 4 4 0 000-8zM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.4 1.4M17.6 17.6L19 19M19 5l-1.4 1.4M6.4 17.6L5 19",
  moon: "M20 14.5A8 8 0 019.5 4 8 8 0 1020 14.5z",
  shield: "M12 3l7 3v6c0 4.5-3 7.5-7 9-4-1.5-7-4.5-7-9V6z",
  shieldCheck: "M12 3l7 3v6c0 4.5-3 7.5-7 9-4-1.5-7-4.5-7-9V6zM8.5 12l2.5 2.5 4.5-5",
  shieldAlert: "M12 3l7 3v6c0 4.5-3 7.5-7 9-4-1.5-7-4.5-7-9V6zM12 8v5M12 16v.5",
  plus: "M12 5v14M5 12h14",
  minus: "M5 12h14",
  refresh: "M20 12a8 8 0 11-2.3-5.7M20 4v5h-5",
  warning: "M12 4l9 16H3zM12 10v4.5M12 17v.5",
  line: "M3 16l5-6 4 4 9-9",
  candles: "M7 4v3M7 15v5M17 3v5M17 16v4M5 7h4v8H5zM15 8h4v8h-4z",
  check: "M5 12.5l4.5 4.5L19 7.5",
  cross: "M6 6l12 12M18 6L6 18",
} as const;

/** A drawing that says nothing a text beside it does not. */
export function Icon({ name, className = "size-4" }: { name: keyof typeof PATHS; className?: string }) {
  return (
    <svg
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth="2"
      strokeLinecap="round"
      strokeLinejoin="round"
      className={`shrink-0 ${className}`}
      aria-hidden="true"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}

/** The kite. */
export function Logo() {
  return (
    <svg viewBox="0 0 32 32" className="size-7 shrink-0" fill="none" aria-hidden="true">
      <path
        d="M16 2 27 13 16 24 5 13Z"
        className="fill-accent/15 stroke-accent"
        strokeWidth="2"
        strokeLinejoin="round"
      />
      <path d="M16 2v22M5 13h22" className="stroke-sma9" strokeWidth="1.5" />
      <path d="M16 24c0 4 4 2 4 6" className="stroke-vwap" strokeWidth="2" strokeLinecap="round" />
    </svg>
  );
}
