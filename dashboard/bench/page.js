// What a page is measured by: what it loads, when it can be used, and the tasks of its main thread.

/** A part of the sorted values, from 0 to 1; 0 of none. */
export function quantile(values, part) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}

/** The badge, green. */
export const proved = "[data-testid=parity][data-state=equal]";

/** The number that an attribute of the chart holds. */
export async function chartNumber(page, name) {
  return Number(await page.getByTestId("chart").getAttribute(`data-${name}`));
}

/** Opens the page in an empty browser profile and returns what its first load was: bytes on the wire, and milliseconds. */
export async function measureLoad(browser, url) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  await session.send("Network.enable");
  const paths = new Map();
  const bytes = { page: 0, data: 0 };
  session.on("Network.responseReceived", ({ requestId, response }) =>
    paths.set(requestId, new URL(response.url).pathname),
  );
  session.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
    bytes[paths.get(requestId)?.startsWith("/v1/") ? "data" : "page"] += encodedDataLength;
  });
  await page.addInitScript(noteReadiness);
  await page.goto(url);
  await page.locator(proved).waitFor();
  // Long enough for whatever the page still does after it shows the day.
  await page.waitForTimeout(3_000);
  const times = await page.evaluate(() => {
    const day = performance
      .getEntriesByType("resource")
      .filter(({ name }) => /\/v1\/(bars|signals|digests|gaps)/.test(name));
    const arrived = Math.max(...day.map(({ responseEnd }) => responseEnd));
    const { shown, proved, tasks } = window.readiness;
    const busyUntil = Math.max(0, ...tasks);
    return { arrived, shown: shown - arrived, usable: Math.max(shown, proved, busyUntil) - arrived };
  });
  const points = { bars: await chartNumber(page, "bars"), crosses: await chartNumber(page, "crosses") };
  await context.close();
  return { ...points, ...times, bytes };
}

/** Runs in the page: notes when the chart was painted with bars and the badge was green, and when tasks of more than 50 ms ended. */
function noteReadiness() {
  const readiness = { shown: Number.NaN, proved: Number.NaN, tasks: [] };
  window.readiness = readiness;
  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) readiness.tasks.push(startTime + duration);
  }).observe({ type: "longtask", buffered: true });
  const look = () => {
    const bars = Number(document.querySelector("[data-testid=chart]")?.dataset.bars ?? 0);
    const badge = document.querySelector("[data-testid=parity]")?.dataset.state;
    // What a frame's callback sees in the document is painted by the frame after it.
    requestAnimationFrame(() => {
      if (bars > 0 && Number.isNaN(readiness.shown)) readiness.shown = performance.now();
      if (badge === "equal" && Number.isNaN(readiness.proved)) readiness.proved = performance.now();
      if (Number.isNaN(readiness.shown + readiness.proved)) look();
    });
  };
  requestAnimationFrame(look);
}

/** Tasks of the page's main thread that begin within some time: milliseconds by the wall's clock, and of processor time. */
export async function tasksDuring(session, milliseconds) {
  const events = [];
  session.on("Tracing.dataCollected", ({ value }) => events.push(...value));
  const complete = new Promise((done) => session.once("Tracing.tracingComplete", done));
  const includedCategories = ["disabled-by-default-devtools.timeline", "devtools.timeline"];
  await session.send("Tracing.start", { traceConfig: { includedCategories }, transferMode: "ReportEvents" });
  await new Promise((done) => setTimeout(done, milliseconds));
  await session.send("Tracing.end");
  await complete;
  const main = events.filter(({ name, args }) => name === "thread_name" && args.name === "CrRendererMain");
  return events
    .filter(({ name, pid, tid }) => name === "RunTask" && main.some((one) => one.pid === pid && one.tid === tid))
    .map(({ dur = 0, tdur = 0 }) => ({ wall: dur / 1000, processor: tdur / 1000 }));
}
