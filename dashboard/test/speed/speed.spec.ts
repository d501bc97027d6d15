import type { CDPSession, Page } from "@playwright/test";
import { chartNumber, expect, parity, test } from "../browser/setup";

// Measured on an idle machine; the limits are those that the project promises.
const LOAD_LIMIT_MS = 1_000;
const TASK_LIMIT_MS = 16;
const WATCH_MS = 20_000;

interface TraceEvent {
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  readonly tdur?: number;
  readonly args: { readonly name?: string };
}

/** Processor time of the tasks of the page's main thread, in milliseconds: other programs on the machine do not count. */
async function tasksDuring(session: CDPSession, milliseconds: number): Promise<number[]> {
  const events: TraceEvent[] = [];
  session.on("Tracing.dataCollected", ({ value }) => events.push(...(value as unknown as TraceEvent[])));
  const complete = new Promise((done) => session.once("Tracing.tracingComplete", done));
  const included = ["disabled-by-default-devtools.timeline", "devtools.timeline"];
  await session.send("Tracing.start", { traceConfig: { includedCategories: included }, transferMode: "ReportEvents" });
  await new Promise((done) => setTimeout(done, milliseconds));
  await session.send("Tracing.end");
  await complete;
  const main = events.filter(({ name, args }) => name === "thread_name" && args.name === "CrRendererMain");
  return events
    .filter(({ name, pid, tid }) => name === "RunTask" && main.some((one) => one.pid === pid && one.tid === tid))
    .map(({ tdur = 0 }) => tdur / 1000);
}

function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}

/** What tasks took, of those that did anything worth a name. */
function summary(tasks: readonly number[]) {
  const busy = tasks.filter((task) => task >= 0.5);
  const round = (value: number) => Math.round(value * 10) / 10;
  return {
    tasks: tasks.length,
    busy: busy.length,
    p50: round(quantile(busy, 0.5)),
    p95: round(quantile(busy, 0.95)),
    p99: round(quantile(busy, 0.99)),
    longest: round(Math.max(0, ...tasks)),
    share: round((tasks.reduce((sum, task) => sum + task, 0) / WATCH_MS) * 100),
  };
}

/** Notes when the chart first shows bars, and two frames later. */
async function noteFirstChart(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const look = () => {
      const chart = document.querySelector<HTMLElement>("[data-testid=chart]");
      if (Number(chart?.dataset.bars ?? 0) === 0) requestAnimationFrame(look);
      else requestAnimationFrame(() => requestAnimationFrame(() => performance.mark("shown")));
    };
    requestAnimationFrame(look);
  });
}

test("a whole session is there within a second of its data", async ({ page, serve }) => {
  const { url } = await serve({ live: false });
  await noteFirstChart(page);
  await page.goto(url);
  await expect(parity(page, "equal")).toBeVisible();
  const { arrived, shown } = await page.evaluate(() => {
    const entries = performance.getEntriesByType("resource") as PerformanceResourceTiming[];
    // The last of what the chart waits for, once for all tries.
    const day = entries.filter(({ name }) => /\/v1\/(bars|signals|digests|gaps)/.test(name));
    return {
      arrived: Math.max(...day.map(({ responseEnd }) => responseEnd)),
      shown: performance.getEntriesByName("shown")[0]?.startTime ?? Number.NaN,
    };
  });
  const bars = await chartNumber(page, "bars");
  console.log(
    `load: ${bars} bars, ${Math.round(arrived)} ms to the data, then ${Math.round(shown - arrived)} ms to the chart`,
  );
  expect(bars).toBeGreaterThan(23_000);
  expect(shown - arrived).toBeLessThan(LOAD_LIMIT_MS);
});

for (const speed of [1, 60]) {
  test(`at ${speed} times real time the main thread is free`, async ({ page, serve }) => {
    const fixture = await serve({ at: speed === 1 ? "15:55" : "15:30", speed, tickers: ["QQQ"] });
    await page.goto(fixture.url);
    await expect(parity(page, "equal")).toBeVisible();
    const session = await page.context().newCDPSession(page);
    const before = await chartNumber(page, "rows");
    const tasks = await tasksDuring(session, WATCH_MS);
    const found = summary(tasks);
    const [rows, bars, crosses] = [
      await chartNumber(page, "rows"),
      await chartNumber(page, "bars"),
      await chartNumber(page, "crosses"),
    ];
    console.log(
      `${speed}x: ${bars} bars, ${crosses} crosses, ${rows - before} new rows; tasks ${JSON.stringify(found)} ms, share in %`,
    );
    expect(rows - before).toBeGreaterThan(speed * 15);
    if (speed === 1) expect(found.p95).toBeLessThan(TASK_LIMIT_MS);
    // No backlog: once the server stands still the page has all of it at once.
    fixture.control.hold = true;
    const status = (await (await fetch(`${fixture.url}v1/status`)).json()) as { tickers: { rows: number }[] };
    await expect
      .poll(() => chartNumber(page, "rows"), { timeout: 1_000, intervals: [50] })
      .toBe(status.tickers[0]?.rows);
    await expect(parity(page, "equal")).toBeVisible();
  });
}
