import { readFile } from "node:fs/promises";
import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, resolve } from "node:path";
import { type Row, type Server, startServer } from "../../../frontend-bindings/test/supabase-server";
import { dayBounds } from "../../src/model/eastern";
import { fillTables } from "../fixture/tables";
import { chartNumber, expect, parity, test } from "./setup";

// The page as made for a static host, over a stand-in for Supabase with 1,000 rows at most in an answer.
test.describe.configure({ timeout: 120_000 });

const PAGES = resolve(import.meta.dirname, "../../out-supabase");
/** What the page was built with; the address of the test's own server is put in its place. */
const BUILT_WITH = "http://supabase.invalid";
const TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".wasm": "application/wasm",
  ".woff2": "font/woff2",
  ".svg": "image/svg+xml",
};
const DATE = "2026-11-20";
const KEY = { ticker: "QQQ", date: DATE, ...dayBounds(DATE) };

let supabase: Server;
let host: HttpServer;
let url: string;
/** Rows that are not stored yet: of the evening, which no digest covers. */
let later: Row[];

test.beforeEach(async ({ serve }) => {
  const { url: source } = await serve({ live: false, days: 1, tickers: ["QQQ"] });
  supabase = await startServer();
  await fillTables(supabase, source, KEY);
  later = rows().splice(-20);
  host = createServer(async (request, response) => {
    const path = new URL(request.url ?? "", "http://localhost").pathname;
    const file = join(PAGES, path === "/" ? "index.html" : path);
    const body = await readFile(file).catch(() => undefined);
    const type = TYPES[extname(file)] ?? "text/plain";
    const text = type.startsWith("text/") ? body?.toString().replaceAll(BUILT_WITH, supabase.url) : body;
    response.writeHead(body === undefined ? 404 : 200, { "content-type": type }).end(text);
  });
  await new Promise<void>((listening) => host.listen(0, "127.0.0.1", listening));
  url = `http://127.0.0.1:${(host.address() as AddressInfo).port}/`;
});

test.afterEach(async () => {
  host.closeAllConnections();
  await Promise.all([new Promise((closed) => host.close(closed)), supabase.close()]);
});

function rows(): Row[] {
  return supabase.tables.equity_data as Row[];
}

test("Supabase: a whole session, a thousand rows at a time, and its proof", async ({ page }) => {
  await page.goto(url);
  await expect(parity(page, "equal")).toBeVisible();
  await expect(page.getByTestId("link")).toHaveAttribute("data-state", "live");
  expect(await chartNumber(page, "bars")).toBeGreaterThan(23_000);
  const pages = supabase.requests.filter((request) => request.startsWith("GET /rest/v1/equity_data?"));
  expect(pages.length).toBeGreaterThan(24);
  const crosses = await chartNumber(page, "crosses");
  await expect(page.getByTestId("parity")).toContainText(`${crosses} of ${crosses} crosses equal`);
  await expect(page.getByTestId("signals-count")).toHaveText(`${crosses} in force`);
  await expect(page.getByTestId("signal-row").first()).toHaveAttribute("data-state", "confirmed");
  await expect(page.getByTestId("gaps")).toContainText("1 repaired");
  await page.screenshot({ path: "test-results/supabase.png" });
  await page.getByTestId("interval-1m").click();
  await expect(page.getByTestId("parity-panel")).toContainText("390 bars of 1m");
  await expect(parity(page, "equal")).toBeVisible();
  await page.getByTestId("interval-5m").click();
  await expect(parity(page, "unknown")).toBeVisible();
  // What is stored next comes by itself.
  const known = await chartNumber(page, "rows");
  for (const row of later) supabase.insert("equity_data", row);
  await expect.poll(() => chartNumber(page, "rows")).toBe(known + later.length);
});

test("Supabase: one altered cent turns the badge red", async ({ page }) => {
  const altered = rows().findIndex(({ timestamp }) => String(timestamp) >= `${DATE}T15:`);
  const row = rows()[altered] as Row;
  rows()[altered] = { ...row, price: (Number(row.price) + 0.01).toFixed(6) };
  await page.goto(url);
  // It is read twice before it counts.
  await expect(parity(page, "different")).toBeVisible({ timeout: 40_000 });
  const difference = page.getByTestId("parity-difference");
  await expect(difference).toHaveAttribute("data-time", String(Date.parse(String(row.timestamp))));
  rows()[altered] = row;
  await page.getByTestId("parity-again").click();
  await expect(parity(page, "equal")).toBeVisible({ timeout: 40_000 });
});

test("Supabase: without Realtime the page asks, and takes the channel when there is one", async ({ page, mayFail }) => {
  mayFail.value = true;
  supabase.refuse = true;
  await page.goto(url);
  await expect(parity(page, "equal")).toBeVisible();
  await expect(page.getByTestId("link")).toHaveAttribute("data-state", "polling");
  const known = await chartNumber(page, "rows");
  rows().push(...later);
  await expect.poll(() => chartNumber(page, "rows")).toBe(known + later.length);
  supabase.refuse = false;
  await expect(page.getByTestId("link")).toHaveAttribute("data-state", "live");
  await expect(parity(page, "equal")).toBeVisible();
});

test("Supabase: tables that cannot be read are said", async ({ page, mayFail }) => {
  mayFail.value = true;
  supabase.fault = { status: 401, message: "Invalid API key" };
  await page.goto(url);
  await expect(page.getByTestId("state-unreachable")).toContainText("Invalid API key");
  supabase.fault = undefined;
  await expect(parity(page, "equal")).toBeVisible({ timeout: 40_000 });
});
