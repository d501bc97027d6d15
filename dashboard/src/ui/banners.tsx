import type { DashboardState } from "@/model/dashboard";
import { Icon } from "./icons";

/** What has to be said loudly, whatever else is on the page. */
export function Banners({ state }: { state: DashboardState }) {
  const { link, status, view, problem } = state;
  const feed = status?.connection;
  const lines: { id: string; text: string; bad: boolean }[] = [];
  if (status?.token?.state === "reauth_required") {
    lines.push({
      id: "reauth",
      bad: true,
      text: "Schwab wants a new login: run “alpha-kite auth login”. Until then nothing is streamed.",
    });
  }
  if (status?.database?.state === "away") {
    lines.push({
      id: "database",
      bad: true,
      text: "The database is away. Rows are kept on the server's disk and stored when it is back.",
    });
  }
  if (feed?.state === "stopped") {
    lines.push({
      id: "stopped",
      bad: true,
      text: `The market feed has stopped${feed.detail === undefined ? "." : `: ${feed.detail}`}`,
    });
  }
  if (link.state === "lost" && view !== undefined) {
    lines.push({
      id: "offline",
      bad: true,
      text: `${link.problem} The page shows what it has, and catches up by itself.`,
    });
  } else if (problem !== undefined && view !== undefined) {
    lines.push({ id: "problem", bad: true, text: problem });
  }
  if (status?.token?.state === "expiring") {
    lines.push({ id: "expiring", bad: false, text: "The login at Schwab expires soon: run “alpha-kite auth login”." });
  }
  return (
    <div aria-live="polite">
      {lines.map(({ id, text, bad }) => (
        <p
          key={id}
          data-testid={`banner-${id}`}
          className={`mx-3 mb-2 flex items-center gap-2 rounded-lg border px-3 py-2 font-medium text-xs lg:mx-4 ${bad ? "border-down/50 bg-down/10 text-down" : "border-warn/50 bg-warn/10 text-warn"}`}
        >
          <Icon name="warning" /> {text}
        </p>
      ))}
    </div>
  );
}
