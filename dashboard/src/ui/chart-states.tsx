import type { ReactNode } from "react";
import type { Dashboard, DashboardState } from "@/model/dashboard";
import { longDate } from "@/model/eastern";
import { marketAt } from "@/model/market-hours";
import { Icon } from "./icons";

/** What stands in the chart's place while there is none. */
export function ChartStates({
  dashboard,
  state,
  onDate,
}: {
  dashboard: Dashboard | undefined;
  state: DashboardState;
  onDate: (date: string | undefined) => void;
}) {
  const { phase, view, link, problem, ticker, date, sessions, tickers } = state;
  if (phase === "no-wasm" || phase === "old-browser") {
    return (
      <Notice
        testId={phase === "no-wasm" ? "state-wasm-failed" : "state-old-browser"}
        title="The chart cannot be computed here"
        alert
      >
        <p>
          {phase === "no-wasm"
            ? "The part of the page that computes SMA9 and VWAP could not be loaded."
            : "This browser lacks WebAssembly with vector instructions. Chrome and Edge 91, Firefox 89 and Safari 16.4 have it."}
        </p>
        <p className="text-xs">{problem}</p>
        {phase === "no-wasm" && <Action onClick={() => location.reload()}>Load the page again</Action>}
      </Notice>
    );
  }
  if (view === undefined && link.state === "lost") {
    return (
      <Notice testId="state-unreachable" title="The source is out of reach" alert>
        <p>{problem} It is tried again by itself.</p>
        <Action onClick={() => dashboard?.wake()}>Try now</Action>
      </Notice>
    );
  }
  if (phase === "ready" && link.state !== "connecting" && ticker === undefined && tickers.length === 0) {
    return (
      <Notice testId="state-empty" title="Nothing is stored yet">
        <p>The first rows appear here by themselves. To fill the database now, replay a file or run a demo.</p>
      </Notice>
    );
  }
  if (view === undefined) return <Skeleton />;
  if (view.rows > 0) return null;
  const newest = sessions.at(-1);
  const now = dashboard?.clock.now() ?? 0;
  const closed = marketAt(now).state === "closed";
  return (
    <Notice testId="state-empty" title={`No data of ${ticker} on ${longDate(date ?? view.key.date)}`}>
      <p>
        {view.session === undefined
          ? "The exchange was closed on this day."
          : closed
            ? "The market is closed. Rows appear here by themselves when it trades."
            : "Rows appear here by themselves as they are stored."}
      </p>
      {newest !== undefined && newest !== view.key.date && (
        <Action onClick={() => onDate(newest)}>Show {longDate(newest)}</Action>
      )}
    </Notice>
  );
}

function Notice({
  testId,
  title,
  alert = false,
  children,
}: {
  testId: string;
  title: string;
  alert?: boolean;
  children: ReactNode;
}) {
  return (
    <div
      data-testid={testId}
      role={alert ? "alert" : "status"}
      className="absolute inset-0 z-20 grid place-items-center rounded-b-xl bg-card p-6"
    >
      <div className="max-w-sm space-y-2.5 text-center text-sm text-soft">
        <Icon name={alert ? "warning" : "line"} className={`mx-auto size-9 ${alert ? "text-down" : "text-soft"}`} />
        <p className="font-semibold text-base text-ink">{title}</p>
        {children}
      </div>
    </div>
  );
}

function Action({ onClick, children }: { onClick: () => void; children: ReactNode }) {
  return (
    <button
      type="button"
      onClick={onClick}
      className="rounded-lg bg-accent/15 px-3 py-1.5 font-semibold text-accent text-sm"
    >
      {children}
    </button>
  );
}

/** The shape of a chart, while the day is being read. */
function Skeleton() {
  return (
    <div
      data-testid="state-loading"
      role="status"
      className="absolute inset-0 z-20 flex flex-col rounded-b-xl bg-card p-5"
    >
      <span className="sr-only">Reading the day</span>
      <svg
        viewBox="0 0 400 160"
        preserveAspectRatio="none"
        className="min-h-0 w-full flex-1 motion-safe:animate-pulse"
        aria-hidden="true"
      >
        <path
          d="M0 110 L25 96 50 104 75 84 100 92 125 70 150 78 175 60 200 72 225 48 250 58 275 40 300 52 325 34 350 44 375 26 400 36"
          fill="none"
          className="stroke-line"
          strokeWidth="2"
          vectorEffect="non-scaling-stroke"
        />
        <path
          d="M0 104 C100 96 250 70 400 56"
          fill="none"
          className="stroke-line"
          strokeWidth="2"
          vectorEffect="non-scaling-stroke"
        />
      </svg>
      <div className="mt-4 flex h-14 items-end gap-1" aria-hidden="true">
        {[40, 64, 30, 82, 52, 70, 36, 58, 90, 44, 60, 34, 76, 50, 66, 42].map((height, at) => (
          <span
            key={at}
            className="flex-1 motion-safe:animate-pulse rounded-sm bg-raised"
            style={{ height: `${height}%` }}
          />
        ))}
      </div>
    </div>
  );
}
