import { compute, init } from "@alpha-kite/indicators";
import { toSeriesMarkers } from "@alpha-kite/indicators/chart";
import { columns, options } from "./case";
import { InBrowser } from "./in-browser";

// Computed for each request, not at build time.
export const dynamic = "force-dynamic";

export default async function Page() {
  await init();
  const { sessions, crosses } = compute(columns, options);
  return (
    <>
      <pre id="server">{`${sessions[0]?.digest} ${toSeriesMarkers(crosses).length}`}</pre>
      <InBrowser />
    </>
  );
}
