// Installs the packed package in each project of this folder and checks that all print the same digest as the golden file.
//
//   node tests/consumers/run.js [NAME…]     all of them, or those whose name begins so: node html vite next
//
// Wants frontend-bindings built. The last line is `N passed, N failed`.
import { execFileSync, spawn } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { dirname, extname, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const bindings = resolve(here, "../../frontend-bindings");
const { chromium } = createRequire(join(bindings, "package.json"))("playwright-core");

const CHROMIUM = {
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
};
const ENVIRONMENT = { ...process.env, NEXT_TELEMETRY_DISABLED: "1", NO_COLOR: "1" };
const PATIENCE_MS = 120_000;

const golden = JSON.parse(readFileSync(join(here, "../golden/engine/half-day.json"), "utf8"));
const expected = `${golden.sessions[0].digest} ${golden.crosses.length}`;
const input = {
  options: { ticker: golden.ticker, barSeconds: golden.bar_seconds },
  columns: { times: golden.start, prices: golden.close.map(Number), volumes: golden.volume },
};

/** What each consumer runs, and where the digest then is: a list of what it printed. */
const consumers = {
  "node-esm": () => [run("node-esm", "node", "index.js")],
  "node-cjs": () => [run("node-cjs", "node", "index.js")],
  html: () => withFiles(join(here, "html"), inBrowser),
  "vite build": () => {
    run("vite", "npx", "vite", "build");
    return withFiles(join(here, "vite/dist"), inBrowser);
  },
  "vite dev": () => withServer("vite", ["vite", "--host", "127.0.0.1"], inBrowser),
  "next turbopack build": () => nextBuild(),
  "next turbopack dev": () => withServer("next", ["next", "dev"], inBrowserAndServer),
  "next webpack build": () => nextBuild("--webpack"),
  "next webpack dev": () => withServer("next", ["next", "dev", "--webpack"], inBrowserAndServer),
};

async function nextBuild(...flags) {
  rmSync(join(here, "next/.next"), { recursive: true, force: true });
  run("next", "npx", "next", "build", ...flags);
  return withServer("next", ["next", "start"], inBrowserAndServer);
}

/** Runs a program in a project and returns what it printed. */
function run(project, program, ...args) {
  const options = { cwd: join(here, project), env: ENVIRONMENT, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] };
  try {
    return execFileSync(program, args, options).trim();
  } catch (error) {
    throw new Error(`${program} ${args.join(" ")}: ${error.stdout ?? ""}${error.stderr ?? error}`);
  }
}

/** Starts a project's own server on a free port, asks `read` for the digests at its address, and stops it. */
async function withServer(project, [program, ...args], read) {
  const port = await freePort();
  const child = spawn("npx", [program, ...args, "--port", String(port)], {
    cwd: join(here, project),
    env: ENVIRONMENT,
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (output += text));
  const ended = new Promise((_, reject) => child.on("exit", (code) => reject(new Error(`exit ${code}: ${output}`))));
  ended.catch(() => {});
  try {
    // By this name: development servers of Next.js refuse others.
    const address = `http://localhost:${port}`;
    return await Promise.race([answers(address).then(() => read(address)), ended]);
  } catch (error) {
    throw new Error(`${error.message}\n${output}`);
  } finally {
    await endGroup(child.pid);
  }
}

/** Ends a process and what it started, and waits until they are gone. */
async function endGroup(pid) {
  try {
    process.kill(-pid, "SIGTERM");
    while (process.kill(-pid, 0)) await sleep(50);
  } catch (error) {
    if (error.code !== "ESRCH") throw error;
  }
}

async function answers(address) {
  const end = Date.now() + PATIENCE_MS;
  while (Date.now() < end) {
    const answer = await fetch(address).catch(() => undefined);
    await answer?.text();
    if (answer?.ok) return;
    await sleep(200);
  }
  throw new Error(`${address} did not answer`);
}

function freePort() {
  return new Promise((found) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => found(port));
    });
  });
}

/** Serves a folder as any web server does. */
async function withFiles(folder, read) {
  const types = {
    ".html": "text/html",
    ".js": "text/javascript",
    ".json": "application/json",
    ".wasm": "application/wasm",
  };
  const server = createServer((request, response) => {
    const path = new URL(request.url, "http://localhost").pathname;
    const file = join(folder, path.endsWith("/") ? `${path}index.html` : path);
    try {
      const body = readFileSync(file);
      response.writeHead(200, { "content-type": types[extname(file)] ?? "text/plain" }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  try {
    return await read(`http://127.0.0.1:${server.address().port}/`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

/** The text of elements of a page once they are there and not empty. */
async function texts(address, ...ids) {
  const browser = await chromium.launch(CHROMIUM);
  try {
    const page = await browser.newPage();
    const problems = [];
    page.on("pageerror", (error) => problems.push(error.message));
    page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
    await page.goto(address, { timeout: PATIENCE_MS });
    try {
      for (const id of ids) {
        await page.waitForFunction((name) => document.getElementById(name)?.textContent, id, { timeout: 60_000 });
      }
    } catch (error) {
      throw new Error(`${error.message}: ${problems.join("; ")}`);
    }
    return await Promise.all(ids.map((id) => page.textContent(`#${id}`)));
  } finally {
    await browser.close();
  }
}

const inBrowser = (address) => texts(address, "digest");
const inBrowserAndServer = (address) => texts(address, "server", "digest");

/** Installs a project from its lock file, and the packed package into it. */
function install(project) {
  run(project, "npm", "ci", "--no-audit", "--no-fund");
  run(project, "npm", "install", "--no-save", "--no-package-lock", "--no-audit", "--no-fund", "../package.tgz");
  writeFileSync(join(here, project, "case.json"), JSON.stringify(input));
}

function pack() {
  const [{ filename }] = JSON.parse(
    execFileSync("npm", ["pack", "--json", "--pack-destination", here], { cwd: bindings }),
  );
  execFileSync("mv", [join(here, filename), join(here, "package.tgz")]);
}

const wanted = process.argv.slice(2);
const chosen = Object.keys(consumers).filter(
  (name) => wanted.length === 0 || wanted.some((start) => name.startsWith(start)),
);
const installed = new Set();
let passed = 0;
let failed = 0;
pack();
for (const name of chosen) {
  const before = Date.now();
  let problem;
  try {
    const project = name.split(" ")[0];
    if (!installed.has(project)) install(project);
    installed.add(project);
    const digests = await consumers[name]();
    if (digests.length === 0 || digests.some((digest) => digest !== expected))
      problem = `${digests} is not ${expected}`;
  } catch (error) {
    problem = error.message;
  }
  if (problem === undefined) passed += 1;
  else failed += 1;
  console.log(`${name}: ${problem ?? expected} (${((Date.now() - before) / 1000).toFixed(1)} s)`);
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
