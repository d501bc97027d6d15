import { useEffect, useMemo, useState, useSyncExternalStore } from "react";
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
  const subscribe = useMemo(() => (dashboard === undefined ? never : later(dashboard.subscribe)), [dashboard]);
  const state = useSyncExternalStore(subscribe, dashboard?.get ?? initial, initial);
  const select = (change: Partial<Selection>): void => {
    if (dashboard === undefined) return;
    dashboard.select(change);
    const { ticker, date, pinned, barSeconds } = dashboard.get();
    const address = formatSelection({ ticker, date: pinned ? date : undefined, barSeconds });
    if (address !== location.search) history.pushState(null, "", address);
  };
  return { dashboard, state, select };
}

type Subscribe = Dashboard["subscribe"];

/** Tells of changes in a task of their own, once for all that came before it, so that the task that computed is not longer by the page's. */
function later(subscribe: Subscribe): Subscribe {
  return (listener) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const tell = () => {
      timer = undefined;
      listener();
    };
    const stop = subscribe(() => {
      timer ??= setTimeout(tell, 0);
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  };
}

const never = () => () => {};
const initial = () => INITIAL;
