"use client";

import { useCallback, useEffect, useRef, useState } from "react";
import { centsText } from "@/model/format";
import type { CrossLine } from "@/model/ledger";
import type { Parity } from "@/model/parity";
import { Announcer } from "./announcer";
import { Banners } from "./banners";
import { ChartCard, type ChartHandle } from "./chart-card";
import { Header } from "./header";
import { ParityPanel } from "./parity-panel";
import { SignalsTable } from "./signals-table";
import { StatusCard } from "./status-card";
import { useDashboard } from "./use-dashboard";

const PANEL_ID = "parity-details";
const NO_LINES: readonly CrossLine[] = [];
const NOT_READ: Parity = { state: "pending", reason: "Reading the day." };

/** The page. */
export function App() {
  const { dashboard, state, select } = useDashboard();
  const chart = useRef<ChartHandle>(null);
  const [picked, setPicked] = useState<string>();
  const { view, ticker, phase } = state;
  const parity = view?.parity ?? NOT_READ;
  const title =
    ticker === undefined ? undefined : `${ticker} ${view?.lastPrice === undefined ? "" : centsText(view.lastPrice)}`;
  useEffect(() => {
    document.title = title === undefined ? "Alpha Kite" : `${title} · Alpha Kite`;
  }, [title]);
  const onDate = (date: string | undefined) => select({ date });
  const show = (time: number) => chart.current?.moveTo(time);
  const pick = useCallback((line: CrossLine) => {
    setPicked(line.id);
    chart.current?.moveTo(line.time);
  }, []);
  return (
    <div className="flex min-h-dvh flex-col lg:h-dvh">
      <Header
        dashboard={dashboard}
        state={state}
        parity={parity}
        panelId={PANEL_ID}
        onTicker={(name) => select({ ticker: name })}
        onDate={onDate}
      />
      <Banners state={state} />
      <main className="grid min-h-0 flex-1 gap-3 px-3 pb-2 lg:grid-cols-[minmax(0,1fr)_25rem] lg:px-4">
        <div className="grid h-[62dvh] min-h-80 lg:h-auto">
          <ChartCard
            ref={chart}
            dashboard={dashboard}
            state={state}
            onInterval={(barSeconds) => select({ barSeconds })}
            onDate={onDate}
            onPick={setPicked}
          />
        </div>
        <aside aria-label="Proof, status and crosses" className="flex min-h-0 flex-col gap-3">
          <ParityPanel parity={parity} dashboard={dashboard} panelId={PANEL_ID} onShow={show} />
          {dashboard !== undefined && phase === "ready" && (
            <StatusCard state={state} clock={dashboard.clock} onShow={show} />
          )}
          <SignalsTable lines={view?.lines ?? NO_LINES} isRead={view !== undefined} picked={picked} onPick={pick} />
        </aside>
      </main>
      <footer className="flex flex-wrap justify-between gap-x-4 px-4 pb-2 text-[11px] text-soft">
        <p>
          Alpha Kite{state.status?.version !== undefined && ` ${state.status.version}`}
          {state.sourceName === "supabase" && " · reading Supabase"}
        </p>
        <p>
          <a href="https://www.tradingview.com/" className="underline decoration-dotted underline-offset-2">
            TradingView Lightweight Charts™
          </a>{" "}
          © 2025 TradingView, Inc.
        </p>
      </footer>
      <Announcer view={view} />
    </div>
  );
}
