import { useEffect, useState, useSyncExternalStore } from "react";
import { createDashboard, type Dashboard, type DashboardState, INITIAL } from "@/model/dashboard";
import { formatSelection, parseSelection, type Selection } from "@/model/selection";
import { configuredSource } from "@/source/configured";
import { onWake } from "./wake";

/** The page's state, kept in step with its address. */
export function useDashboard(): {
  dashboard: Dashboard | undefined;
  state: DashboardState;
  select: (change: Partial<Selection>) => void;
} {
  const [dashboard, setDashboard] = useState<Dashboard>();
  useEffect(() => {
    const made = createDashboard(configuredSource, parseSelection(location.search));
    setDashboard(made);
    made.start();
    const stopWaking = onWake(() => made.wake());
    const back = () => {
      const { ticker, date, barSeconds } = parseSelection(location.search);
      made.select({ ...(ticker !== undefined && { ticker }), date, barSeconds });
    };
    window.addEventListener("popstate", back);
    return () => {
      made.stop();
      stopWaking();
      window.removeEventListener("popstate", back);
    };
  }, []);
  const state = useSyncExternalStore(dashboard?.subscribe ?? never, dashboard?.get ?? initial, initial);
  const select = (change: Partial<Selection>): void => {
    if (dashboard === undefined) return;
    dashboard.select(change);
    const { ticker, date, pinned, barSeconds } = dashboard.get();
    const address = formatSelection({ ticker, date: pinned ? date : undefined, barSeconds });
    if (address !== location.search) history.pushState(null, "", address);
  };
  return { dashboard, state, select };
}

const never = () => () => {};
const initial = () => INITIAL;
