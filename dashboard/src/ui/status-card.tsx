"use client";

import { easternLabel } from "@alpha-kite/indicators/chart";
import { type ReactNode, useState } from "react";
import type { DashboardState } from "@/model/dashboard";
import { countText, durationText, latencyText, NONE } from "@/model/format";
import type { MarketClock } from "@/model/market-clock";
import { marketAt } from "@/model/market-hours";
import type { Gap, Link } from "@/source/types";
import { Card } from "./controls";
import { useTick } from "./use-tick";

type Mood = "good" | "fair" | "bad" | "none";

const DOTS: Record<Mood, string> = { good: "bg-up", fair: "bg-vwap", bad: "bg-down", none: "bg-soft" };

const LINKS: Record<Link["state"], { text: string; mood: Mood }> = {
  connecting: { text: "connecting", mood: "fair" },
  live: { text: "live", mood: "good" },
  polling: { text: "polling", mood: "fair" },
  lost: { text: "offline", mood: "bad" },
};

const FEED_MOODS: Record<string, Mood> = {
  live: "good",
  off: "none",
  waiting: "none",
  connecting: "fair",
  reconnecting: "fair",
};

const TOKENS: Record<string, { text: string; mood: Mood }> = {
  ok: { text: "valid", mood: "good" },
  expiring: { text: "expires soon", mood: "fair" },
  reauth_required: { text: "log in again", mood: "bad" },
  none: { text: "none", mood: "none" },
};

/** Older data than this, in market time, are worth a look while the market trades. */
const OLD_MS = 30_000;

/** How page, server and feed are doing. */
export function StatusCard({
  state,
  clock,
  onShow,
}: {
  state: DashboardState;
  clock: MarketClock;
  onShow: (time: number) => void;
}) {
  useTick(500);
  const [open, setOpen] = useState(false);
  const { link, status, view } = state;
  const gaps = view?.gaps ?? [];
  const page = LINKS[link.state];
  const feed = status?.connection;
  const token = status?.token && (TOKENS[status.token.state] ?? { text: status.token.state, mood: "fair" as const });
  const database = status?.database;
  return (
    <Card title="Status" id="status-heading" testId="status">
      <dl className="grid grid-cols-2 gap-x-5 gap-y-1 px-4 pb-3 text-xs">
        <Item name="This page" testId="link" mood={page.mood} state={link.state}>
          {page.text}
        </Item>
        <Item
          name="Market feed"
          testId="connection"
          mood={feed === undefined ? "none" : (FEED_MOODS[feed.state] ?? "bad")}
          state={feed?.state}
          title={feed?.detail}
        >
          {feed?.state.replaceAll("_", " ") ?? NONE}
        </Item>
        <DataAge state={state} clock={clock} />
        <Item
          name="Latency"
          testId="latency"
          mood="none"
          title="From a frame's arrival to its committed row: half of them within the first time, 99 of 100 within the second"
        >
          <Latency p50={status?.latency?.p50} p99={status?.latency?.p99} />
        </Item>
        <Item name="Token" testId="token" mood={token?.mood ?? "none"} state={status?.token?.state}>
          {token?.text ?? NONE}
        </Item>
        <Item
          name="Database"
          testId="database"
          mood={database === undefined ? "none" : database.state === "ok" ? "good" : "bad"}
          state={database?.state}
        >
          {database === undefined
            ? NONE
            : database.state === "ok"
              ? database.kind
              : `away, ${countText(database.spooledRows)} rows spooled`}
        </Item>
        <Item name="Rows" testId="rows" mood="none">
          {view === undefined ? NONE : countText(view.rows)}
        </Item>
        <GapCount gaps={gaps} open={open} onToggle={() => setOpen(!open)} />
      </dl>
      {open && gaps.length > 0 && <GapList gaps={gaps} onShow={onShow} />}
    </Card>
  );
}

function Latency({ p50, p99 }: { p50: number | undefined; p99: number | undefined }) {
  if (p99 === undefined) return NONE;
  return (
    <span className="whitespace-nowrap">
      {p50 !== undefined && (
        <>
          {latencyText(p50)} <span className="text-soft">·</span>{" "}
        </>
      )}
      {latencyText(p99)}
    </span>
  );
}

function DataAge({ state: { status, view }, clock }: { state: DashboardState; clock: MarketClock }) {
  const now = clock.now();
  const last = Math.max(view?.lastTime ?? 0, status?.lastRow ?? 0);
  const age = now - last - 1_000;
  const trading = marketAt(now).state === "open";
  const old = age > OLD_MS * Math.max(1, clock.speed / 30);
  return (
    <Item name="Data age" testId="data-age" mood={last === 0 ? "none" : trading ? (old ? "bad" : "good") : "none"}>
      {last === 0 ? NONE : durationText(age)}
    </Item>
  );
}

function GapCount({ gaps, open, onToggle }: { gaps: readonly Gap[]; open: boolean; onToggle: () => void }) {
  const unrepaired = gaps.filter(({ state }) => state !== "repaired").length;
  return (
    <Item name="Gaps" testId="gaps" mood={gaps.length === 0 ? "good" : unrepaired > 0 ? "bad" : "fair"}>
      {gaps.length === 0 ? (
        "none"
      ) : (
        <button
          type="button"
          aria-expanded={open}
          onClick={onToggle}
          className="underline decoration-dotted underline-offset-2"
        >
          {gaps.length} {unrepaired > 0 ? `(${unrepaired} not repaired)` : "repaired"}
        </button>
      )}
    </Item>
  );
}

function GapList({ gaps, onShow }: { gaps: readonly Gap[]; onShow: (time: number) => void }) {
  return (
    <ul
      className="mx-4 mb-3 max-h-40 space-y-1 overflow-y-auto border-line border-t pt-2 text-xs"
      data-testid="gap-list"
    >
      {gaps.map((gap) => (
        <li key={gap.startedAt}>
          <button
            type="button"
            onClick={() => onShow(gap.startedAt)}
            title={gap.detail}
            className="flex w-full justify-between gap-2 rounded px-1 py-0.5 text-left hover:bg-raised"
          >
            <span className="tabular-nums">
              {easternLabel(gap.startedAt, "time")} –{" "}
              {gap.endedAt === undefined ? "now" : easternLabel(gap.endedAt, "time")}
            </span>
            <span className="text-soft">
              {gap.cause}, {gap.state}
              {gap.sharesMissed !== undefined && gap.sharesMissed > 0 && `, ${countText(gap.sharesMissed)} shares`}
            </span>
          </button>
        </li>
      ))}
    </ul>
  );
}

function Item({
  name,
  testId,
  mood,
  state,
  title,
  children,
}: {
  name: string;
  testId: string;
  mood: Mood;
  state?: string | undefined;
  title?: string | undefined;
  children: ReactNode;
}) {
  return (
    <div className="flex items-baseline justify-between gap-2 py-0.5">
      <dt className="whitespace-nowrap text-soft">{name}</dt>
      <dd
        className="flex items-center gap-1.5 text-right font-medium tabular-nums"
        data-testid={testId}
        data-state={state}
        title={title}
      >
        {mood !== "none" && <span className={`size-1.5 shrink-0 rounded-full ${DOTS[mood]}`} aria-hidden="true" />}
        {children}
      </dd>
    </div>
  );
}
