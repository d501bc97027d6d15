// Measures this package beside others, in Node, in Chromium and natively, and writes docs/performance-js.md.
//
//   node run.js WICKRA_WASM NATIVE_PROGRAM [ROUNDS]
//
// Every number is the median of ROUNDS (5) process runs; within a round the peers take turns, so that a slow minute hits all of them.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { cpus, tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { build } from "rolldown";
import { init, sessionsBetween } from "../../frontend-bindings/dist/esm/index.js";
import { makeInput, opens } from "./input.js";
import { names } from "./measure.js";

const here = dirname(fileURLToPath(import.meta.url));
const dist = resolve(here, "../../frontend-bindings/dist");
const [wickraFile, native, rounds = "5"] = process.argv.slice(2);
const scratch = mkdtempSync(join(tmpdir(), "alpha-kite-bench-"));

const inNode = Object.fromEntries(names.map((name) => [name, []]));
const inChromium = Object.fromEntries(names.map((name) => [name, []]));
const natively = [];

const server = await servePage();
await writeNativeInputs();
for (let round = 0; round < Number(rounds); round += 1) {
  for (const name of names) {
    const text = execFileSync(process.execPath, [join(here, "node.js"), name, wickraFile, String(round === 0)]);
    inNode[name].push(JSON.parse(text));
    inChromium[name].push(await measureInChromium(name));
    console.error(`round ${round + 1}: ${name}`);
  }
  natively.push(measureNatively());
}
server.close();
rmSync(scratch, { recursive: true });
const document = resolve(here, "../../docs/performance-js.md");
writeFileSync(document, report() + dashboardPart(readFileSync(document, "utf8")));

/** What the dashboard's benchmark wrote at the end of the document. */
function dashboardPart(text) {
  const start = text.indexOf("\n## The dashboard\n");
  return start < 0 ? "" : text.slice(start);
}

async function servePage() {
  const page = join(scratch, "page.js");
  await build({
    input: join(here, "browser.js"),
    output: { file: page, format: "esm", codeSplitting: false },
    logLevel: "silent",
  });
  const files = {
    "/": ["text/html", Buffer.from('<!doctype html><script type="module" src="/page.js"></script>')],
    "/page.js": ["text/javascript", readFileSync(page)],
    "/alpha_kite_bg.wasm": ["application/wasm", readFileSync(join(dist, "alpha_kite_bg.wasm"))],
    "/wickra.wasm": ["application/wasm", readFileSync(wickraFile)],
  };
  const serving = createServer((request, response) => {
    const [type, body] = files[request.url] ?? ["text/plain", Buffer.from("")];
    response.writeHead(200, { "content-type": type }).end(body);
  });
  await new Promise((listening) => serving.listen(0, "127.0.0.1", listening));
  return serving;
}

/** Starts Chromium, which falls over at its start now and then. */
async function launch(tries = 3) {
  try {
    return await chromium.launch({
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"],
    });
  } catch (error) {
    if (tries === 1) throw error;
    return launch(tries - 1);
  }
}

async function measureInChromium(name) {
  const browser = await launch();
  try {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${server.address().port}/`);
    await page.waitForFunction(() => window.measurePeer !== undefined);
    return await page.evaluate((peer) => window.measurePeer(peer), name);
  } finally {
    await browser.close();
  }
}

async function writeNativeInputs() {
  await init();
  const sessions = sessionsBetween("2019-01-01", "2019-12-31");
  for (const count of [1, 100]) {
    const { times, prices, volumes } = makeInput("walk", opens(sessions, count));
    const words = [times, prices.map((price) => Math.round(price * 1e6)), volumes].flatMap((column) =>
      Array.from(column, BigInt),
    );
    writeFileSync(join(scratch, `rows-${count}`), new Uint8Array(BigInt64Array.from(words).buffer));
  }
}

function measureNatively() {
  const [one, hundred] = [1, 100].map((count) =>
    JSON.parse(execFileSync(native, [join(scratch, `rows-${count}`), String(count * 23_400)])),
  );
  return { one: one.batch, hundred: hundred.batch, stream: one.stream };
}

function median(runs, key) {
  const values = runs.map((run) => run[key]).filter((value) => value !== undefined);
  return values.sort((a, b) => a - b)[values.length >> 1];
}

function report() {
  const own = "this package, copied";
  const cell = (value) =>
    value === undefined ? "–" : value < 100 ? value.toPrecision(3) : Math.round(value).toLocaleString("en-US");
  const ratio = (value, base) => (value === undefined || base === undefined ? "–" : `${(value / base).toFixed(2)}×`);
  const table = (results) =>
    names
      .map((name) => {
        const values = ["one", "hundred", "stream"].map((key) => median(results[name], key));
        const bases = ["one", "hundred", "stream"].map((key) => median(results[own], key));
        const resident = median(results["this package, resident"], "one");
        const cells = values.flatMap((value, at) => [cell(value), ratio(value, bases[at])]);
        return `| ${[name, ...cells, ratio(values[0], resident)].join(" | ")} |`;
      })
      .join("\n");
  const head = `| | batch of 23,400 | ÷ copied | batch of 2,340,000 | ÷ copied | one by one | ÷ this | batch of 23,400 ÷ resident |
|---|--:|--:|--:|--:|--:|--:|--:|`;
  const nativeCells = ["one", "hundred", "stream"].flatMap((key) => [
    cell(median(natively, key)),
    ratio(median(natively, key), median(inNode[own], key)),
  ]);
  const resident = median(inNode["this package, resident"], "one");
  const nativeRow = `| ${["native core", ...nativeCells, ratio(median(natively, "one"), resident)].join(" | ")} |`;
  const wrong = names
    .map((name) => [name, inNode[name][0].wrong])
    .map(([name, { differ }]) => `| ${name} | ${differ.toLocaleString("en-US")} |`)
    .join("\n");
  const { crosses } = inNode[own][0].wrong;
  const versions = JSON.parse(readFileSync(join(here, "package.json"), "utf8")).dependencies;
  const list = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return `# Speed in JavaScript

Written by \`make bench-js\`. The native numbers beside other crates are in [performance.md](performance.md).

SMA9, session VWAP and their crosses over made-up seconds (\`tests/bench-js/input.js\`), in **nanoseconds a row**: medians of ${rounds} process
runs in which the peers take turns. "Copied" takes and returns JavaScript's arrays: new ones, or "given" ones of a call before, which need no
new memory from the system. "Resident" computes columns that are in wasm memory already. One by one, both values are read back after each
bar. A package without a part gets the few lines that a user writes (\`tests/bench-js/peers.js\`); array-based packages get ordinary arrays
made beforehand.

${cpus()[0]?.model.trim()}, ${cpus().length} cores. Node ${process.versions.node}; ${list.join(", ")}; wickra-core 2.1.1 for wasm with simd128.

## Node

${head}
${table(inNode)}
${nativeRow}

## Chromium

${head}
${table(inChromium)}

## Wrong crosses

Rows whose cross differs from the exact one (false and missed), on 100 sessions of a thin instrument, where SMA9 and VWAP are often
exactly equal: ${crosses.toLocaleString("en-US")} crosses in 2,340,000 rows.

| | rows |
|---|--:|
${wrong}

A careful loop over typed arrays needs no copies and no calls into another module, so it is the one to beat for speed. What it lacks is
exactness: the bits and crosses of the server.
`;
}
