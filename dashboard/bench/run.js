// Measures the built page in Chromium: a session in which every second has a bar, with SMA9 and VWAP (3 x 23,400 points) and over 200
// crosses. Writes the part about the dashboard in docs/performance-js.md. Leave the machine otherwise idle.
//
//   node bench/run.js [SECONDS]
//
// SECONDS (60) is how long tasks are watched at real time, and at sixty times real time.
import { readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { resolve } from "node:path";
import { chromium } from "@playwright/test";
import { startFixture } from "../test/fixture/server.js";
import { chartNumber, measureLoad, proved, quantile, tasksDuring } from "./page.js";

const SECONDS = Number(process.argv[2] ?? 60);
const LOADS = 7;
const HEADING = "## The dashboard";
const DOCUMENT = resolve(import.meta.dirname, "../../docs/performance-js.md");
/** Every second trades, and the price keeps coming back to the VWAP. */
const DAY = { tickers: ["QQQ"], days: 1, shape: { density: 1, pull: 0.004 } };

const busy = loadavg()[0];
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"],
});
const version = browser.version();
const loads = await measureLoads();
const runs = [];
for (const speed of [1, 60]) runs.push(await watch(speed));
await browser.close();
const text = readFileSync(DOCUMENT, "utf8");
const kept = text.includes(HEADING) ? text.slice(0, text.indexOf(HEADING)) : `${text}\n`;
writeFileSync(DOCUMENT, kept + report());

async function measureLoads() {
  const fixture = await startFixture({ ...DAY, live: false });
  const measured = [];
  for (let load = 0; load < LOADS; load += 1) measured.push(await measureLoad(browser, fixture.url));
  await fixture.close();
  console.error(JSON.stringify(measured));
  return measured;
}

/** Watches the page at the end of a session. */
async function watch(speed) {
  const seconds = 16 * 3600 - (SECONDS + 30) * speed;
  const at = [seconds / 3600, (seconds / 60) % 60, seconds % 60].map(Math.floor).join(":");
  const fixture = await startFixture({ ...DAY, at, speed });
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await page.goto(fixture.url);
  await page.locator(proved).waitFor();
  await page.getByTestId("range-session").click();
  await page.waitForTimeout(3_000);
  const before = await chartNumber(page, "rows");
  const tasks = await tasksDuring(await page.context().newCDPSession(page), SECONDS * 1000);
  const rows = (await chartNumber(page, "rows")) - before;
  // The server stands still: what the page does not have yet is its backlog.
  fixture.control.hold = true;
  const held = performance.now();
  const answer = await (await fetch(`${fixture.url}v1/status`)).json();
  const wanted = answer.tickers[0].rows;
  const backlog = wanted - (await chartNumber(page, "rows"));
  await page.waitForFunction(
    (count) => Number(document.querySelector("[data-testid=chart]").dataset.rows) === count,
    wanted,
  );
  const caughtUp = performance.now() - held;
  await page.locator(proved).waitFor();
  const points = { bars: await chartNumber(page, "bars"), crosses: await chartNumber(page, "crosses") };
  await page.close();
  await fixture.close();
  const run = { speed, ...points, rows, backlog, caughtUp, ...summary(tasks) };
  console.error(JSON.stringify(run));
  return run;
}

/** What tasks took, of those that did anything worth a name. */
function summary(tasks) {
  const found = {};
  for (const clock of ["wall", "processor"]) {
    const times = tasks.map((task) => task[clock]).filter((time) => time >= 0.5);
    const share = tasks.reduce((sum, task) => sum + task[clock], 0) / (SECONDS * 10);
    found[clock] = { p50: quantile(times, 0.5), p95: quantile(times, 0.95), longest: Math.max(0, ...times), share };
  }
  return { tasks: tasks.filter(({ wall }) => wall >= 0.5).length, ...found };
}

function report() {
  const middle = (read) => quantile(loads.map(read), 0.5);
  const worst = (read) => Math.max(...loads.map(read));
  const kilobytes = (bytes) => `${Math.round(bytes / 1000)} kB`;
  const ms = (time) => `${time.toFixed(1)} ms`;
  const count = (number) => number.toLocaleString("en-US");
  const line = (name, read) => `| ${[name, ...runs.map(read)].join(" | ")} |`;
  const ofTasks = (clock) =>
    ["p50", "p95", "longest"].map((part) =>
      line(`${part}, ${clock === "wall" ? "by the clock" : "processor time"}`, (run) => ms(run[clock][part])),
    );
  const { bars, crosses, bytes } = loads[0];
  return `${HEADING}

Written by \`npm run bench\` in \`dashboard\`, which \`make bench-js\` calls. The built page in Chromium ${version} without a graphics processor, 1440 x 900,
over a server of made-up rows on the same machine: ${cpus()[0]?.model.trim()}, ${cpus().length} cores, with a load average of
${busy.toFixed(1)} before it began (an idle machine has next to 0; times by the clock grow with it).

First load of ${count(bars)} bars of a second with SMA9, VWAP and ${count(crosses)} crosses, ${LOADS} times in an empty profile. It can be used when the chart is
painted, the proof is green, and the last task of more than 50 ms is over.

| | median | longest |
|---|--:|--:|
| page, compressed, font and WebAssembly included | ${kilobytes(bytes.page)} | ${kilobytes(worst((load) => load.bytes.page))} |
| the day's data, compressed | ${kilobytes(bytes.data)} | ${kilobytes(worst((load) => load.bytes.data))} |
| from the data's arrival to the painted chart | ${ms(middle(({ shown }) => shown))} | ${ms(worst(({ shown }) => shown))} |
| from the data's arrival until it can be used | ${ms(middle(({ usable }) => usable))} | ${ms(worst(({ usable }) => usable))} |

Tasks of the main thread that take half a millisecond or more, at the end of that session with all of it in view, over ${SECONDS} seconds. "Processor
time" leaves out what other programs took.

| | real time, 1 Hz | sixty times real time |
|---|--:|--:|
${line("rows that came", ({ rows }) => count(rows))}
${line("bars, crosses at the end", (run) => `${count(run.bars)}, ${count(run.crosses)}`)}
${line("tasks", ({ tasks }) => count(tasks))}
${ofTasks("wall").join("\n")}
${ofTasks("processor").join("\n")}
${line("share of the main thread", ({ processor }) => `${processor.share.toFixed(1)}%`)}
${line("rows behind at the end", ({ backlog }) => count(backlog))}
${line("all of them there and proved after", ({ caughtUp }) => `${Math.round(caughtUp)} ms`)}
`;
}
