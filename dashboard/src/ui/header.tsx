"use client";

import type { Dashboard, DashboardState } from "@/model/dashboard";
import { centsText } from "@/model/format";
import type { Parity } from "@/model/parity";
import { EasternClock, MarketHours } from "./clock";
import { IconButton } from "./controls";
import { DateNav } from "./date-nav";
import { Icon, Logo } from "./icons";
import { ParityBadge } from "./parity-badge";
import { useTheme } from "./theme";

/** The top of the page: what is shown, of when, and whether it is proved. */
export function Header({
  dashboard,
  state,
  parity,
  panelId,
  onTicker,
  onDate,
}: {
  dashboard: Dashboard | undefined;
  state: DashboardState;
  parity: Parity;
  panelId: string;
  onTicker: (ticker: string) => void;
  onDate: (date: string | undefined) => void;
}) {
  const [theme, setTheme] = useTheme();
  const ready = state.phase === "ready" && dashboard !== undefined;
  // Before the server has told its time this machine's would be shown, which in a demo is another.
  const knowsTime = ready && (state.tickers.length > 0 || state.link.state !== "connecting");
  const next = theme === "dark" ? "light" : "dark";
  return (
    <header className="flex flex-wrap items-center gap-x-3 gap-y-1.5 px-3 py-2.5 md:gap-x-5 lg:px-4">
      <h1 className="order-1 flex items-center gap-2 font-bold text-[15px] tracking-tight">
        <Logo /> <span className="max-sm:sr-only">Alpha Kite</span>
      </h1>
      <div className="order-2">
        <Quote state={state} onTicker={onTicker} />
      </div>
      <div className="order-4 md:order-3">
        {ready && <DateNav dashboard={dashboard} state={state} onDate={onDate} />}
      </div>
      <div className="order-6 flex min-h-7 w-full flex-wrap items-center gap-x-3 px-1 md:order-4 md:w-auto md:px-0">
        {knowsTime && <EasternClock clock={dashboard.clock} />}
        {knowsTime && <MarketHours clock={dashboard.clock} />}
      </div>
      <div className="order-5 ml-auto">
        <ParityBadge parity={parity} panelId={panelId} />
      </div>
      <div className="order-3 ml-auto md:order-6 md:-ml-3">
        <IconButton label={`Use the ${next} theme`} testId="theme" onClick={() => setTheme(next)}>
          <Icon name={theme === "dark" ? "sun" : "moon"} />
        </IconButton>
      </div>
    </header>
  );
}

/** The ticker, its last price, and the change since the first row of the day. */
function Quote({ state, onTicker }: { state: DashboardState; onTicker: (ticker: string) => void }) {
  const { tickers, ticker, view } = state;
  const { lastPrice, firstPrice } = view ?? {};
  const change = lastPrice === undefined || firstPrice === undefined ? undefined : lastPrice - firstPrice;
  const part = change === undefined || !firstPrice ? undefined : (change / firstPrice) * 100;
  const sign = (change ?? 0) < 0 ? "−" : "+";
  return (
    <div className="flex items-baseline gap-2">
      <label className="relative flex items-center">
        <span className="sr-only">Ticker</span>
        <select
          value={ticker ?? ""}
          data-testid="ticker"
          onChange={(event) => onTicker(event.target.value)}
          className="appearance-none rounded-lg bg-raised py-1 pr-6 pl-2 font-bold text-sm"
        >
          {ticker === undefined && <option value="">…</option>}
          {tickers.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
        <Icon name="down" className="pointer-events-none absolute right-1.5 size-3.5 text-soft" />
      </label>
      {lastPrice !== undefined && (
        <>
          <span className="font-bold text-lg tabular-nums tracking-tight" data-testid="last-price">
            {centsText(lastPrice)}
          </span>
          {change !== undefined && part !== undefined && (
            <span
              title="Since the first trade of the day"
              className={`font-semibold text-xs tabular-nums max-sm:hidden ${change < 0 ? "text-down" : "text-up"}`}
            >
              {sign}
              {centsText(Math.abs(change))} ({sign}
              {Math.abs(part).toFixed(2)}%)
            </span>
          )}
        </>
      )}
    </div>
  );
}
