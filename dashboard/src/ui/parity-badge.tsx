import type { Parity } from "@/model/parity";
import { Icon } from "./icons";

const LOOKS = {
  equal: { icon: "shieldCheck", colours: "border-up/40 bg-up/10 text-up" },
  different: { icon: "shieldAlert", colours: "border-down/60 bg-down/15 text-down" },
  pending: { icon: "refresh", colours: "border-line bg-raised text-soft" },
  unknown: { icon: "shield", colours: "border-line bg-raised text-soft" },
} as const;

/** Says in a word whether browser and server agree; a click leads to the panel that tells more. */
export function ParityBadge({ parity, panelId }: { parity: Parity; panelId: string }) {
  const { icon, colours } = LOOKS[parity.state];
  const open = () => {
    const panel = document.getElementById(panelId);
    panel?.scrollIntoView({ block: "nearest", behavior: "smooth" });
    panel?.focus({ preventScroll: true });
  };
  return (
    <button
      type="button"
      data-testid="parity"
      data-state={parity.state}
      aria-describedby={panelId}
      onClick={open}
      className={`flex h-9 items-center gap-2 rounded-full border px-3 font-semibold text-xs ${colours}`}
    >
      <Icon name={icon} className={`size-4 ${parity.state === "pending" ? "motion-safe:animate-spin" : ""}`} />
      <span className="whitespace-nowrap tabular-nums">
        <Headline parity={parity} />
      </span>
    </button>
  );
}

function Headline({ parity }: { parity: Parity }) {
  if (parity.state === "pending") return "Comparing…";
  if (parity.state === "unknown") return "No proof yet";
  const { equal, total } = parity.crosses;
  return (
    <>
      {parity.state === "different" && "Different: "}
      {equal} of {total} <span className="max-sm:sr-only">crosses</span> equal
    </>
  );
}
