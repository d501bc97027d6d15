"use client";

import { toSeriesMarkers } from "@alpha-kite/indicators/chart";
import { useCrosses, useIndicators } from "@alpha-kite/indicators/react";
import { columns, options } from "./case";

export function InBrowser() {
  const state = useIndicators(columns, options);
  const crosses = useCrosses(columns, options);
  if (state.status === "error") return <pre id="digest">{state.error.message}</pre>;
  if (state.status !== "ready" || crosses.status !== "ready") return null;
  return <pre id="digest">{`${state.result.sessions[0]?.digest} ${toSeriesMarkers(crosses.crosses).length}`}</pre>;
}
