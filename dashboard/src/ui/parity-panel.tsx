"use client";

import { easternLabel } from "@alpha-kite/indicators/chart";
import { useEffect, useState } from "react";
import type { Dashboard } from "@/model/dashboard";
import { countText, intervalText } from "@/model/format";
import type { Difference, Parity } from "@/model/parity";
import { Card } from "./controls";
import { Icon } from "./icons";

type Compared = Extract<Parity, { crosses: unknown }>;

/** The proof: both digests of both sides, and the first bar that differs. */
export function ParityPanel({
  parity,
  dashboard,
  panelId,
  onShow,
}: {
  parity: Parity;
  dashboard: Dashboard | undefined;
  panelId: string;
  onShow: (time: number) => void;
}) {
  const compared = "crosses" in parity ? parity : undefined;
  return (
    <Card
      title="Browser = server?"
      id="parity-heading"
      testId="parity-panel"
      aside={
        <button
          type="button"
          onClick={() => dashboard?.reload()}
          data-testid="parity-again"
          className="flex items-center gap-1 rounded-md px-1.5 py-1 font-medium text-soft text-xs hover:bg-raised hover:text-ink"
        >
          <Icon name="refresh" className="size-3.5" /> Read again
        </button>
      }
    >
      <div id={panelId} tabIndex={-1} className="space-y-2.5 px-4 pb-3.5 text-xs">
        {compared === undefined ? (
          <p className="text-soft">{"reason" in parity ? parity.reason : ""}</p>
        ) : (
          <>
            <Digests compared={compared} />
            <p className="text-soft">
              {countText(compared.bars)} bars of {intervalText(compared.barSeconds)}, {compared.crosses.equal} of{" "}
              {compared.crosses.total} crosses equal
              {compared.there === undefined && " (compared value by value: the server's newest bar is forming)"}
            </p>
            {compared.state === "different" && (
              <Differences compared={compared} dashboard={dashboard} onShow={onShow} />
            )}
          </>
        )}
      </div>
    </Card>
  );
}

function Digests({ compared: { here, there } }: { compared: Compared }) {
  const lines = [
    { name: "Values", about: "SMA9, VWAP and crosses", here: here.digest, there: there?.digest },
    { name: "Rows", about: "prices and volumes", here: here.rowDigest, there: there?.rowDigest },
  ];
  return (
    <table className="w-full border-separate border-spacing-y-1">
      <caption className="sr-only">Digests of this session</caption>
      <thead className="text-left text-[11px] text-soft">
        <tr>
          <th scope="col" className="font-medium">
            Digest of
          </th>
          <th scope="col" className="font-medium">
            Browser
          </th>
          <th scope="col" className="font-medium">
            Server
          </th>
        </tr>
      </thead>
      <tbody>
        {lines.map((line) => {
          const same = line.there === undefined || line.here === line.there;
          return (
            <tr key={line.name}>
              <th scope="row" title={line.about} className="text-left font-medium">
                <span className={`flex items-center gap-1 ${same ? "text-up" : "text-down"}`}>
                  <Icon name={same ? "check" : "cross"} className="size-3.5" />
                  <span className="text-ink">{line.name}</span>
                  <span className="sr-only">{same ? "equal" : "different"}</span>
                </span>
              </th>
              <td className="font-mono text-[11px]">{line.here}</td>
              <td className={`font-mono text-[11px] ${same ? "" : "text-down"}`}>{line.there ?? "–"}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

const NAMES = { start: "start", sma9: "SMA9", vwap: "VWAP", cross: "cross" } as const;

function Differences({
  compared,
  dashboard,
  onShow,
}: {
  compared: Compared;
  dashboard: Dashboard | undefined;
  onShow: (time: number) => void;
}) {
  // Not the digests: they change with every bar that comes, and the first difference stays.
  const key = `${compared.date} ${compared.barSeconds}`;
  const [found, setFound] = useState<
    { key: string; difference: Difference | undefined } | { key: string; problem: string }
  >();
  useEffect(() => {
    let wanted = true;
    dashboard?.locate().then(
      (difference) => wanted && setFound({ key, difference }),
      (error: Error) => wanted && setFound({ key, problem: error.message }),
    );
    return () => {
      wanted = false;
    };
  }, [key, dashboard]);
  if (found === undefined || found.key !== key)
    return <p className="text-soft">Looking for the first bar that differs…</p>;
  if ("problem" in found) return <p className="text-down">{found.problem}</p>;
  const { difference } = found;
  if (difference === undefined) {
    return (
      <p className="text-down" data-testid="parity-difference">
        All stored values are equal. What differs is in the rows (an open, a high, a low or a volume) or in the ledger
        of crosses.
      </p>
    );
  }
  return (
    <div
      className="rounded-lg border border-down/40 bg-down/10 p-2.5"
      data-testid="parity-difference"
      data-time={difference.time}
    >
      <p className="font-semibold text-down">
        First difference at {easternLabel(difference.time, "time")} ET, {NAMES[difference.column]}
      </p>
      <p className="mt-1 font-mono text-[11px]">
        browser {text(difference.here)}
        <br />
        server&nbsp; {text(difference.there)}
      </p>
      <button
        type="button"
        onClick={() => onShow(difference.time)}
        className="mt-1.5 font-semibold text-accent text-xs underline underline-offset-2"
      >
        Show it on the chart
      </button>
    </div>
  );
}

const text = (value: number): string => (Number.isNaN(value) ? "none" : String(value));
