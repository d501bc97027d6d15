import type { Page } from "@playwright/test";
import type { Fixture } from "../fixture/server.js";
import { chartNumber, expect, parity, test } from "./setup";

/** Rows that the server has of the newest day. */
async function rowsOf({ url }: Pick<Fixture, "url">): Promise<number> {
  const answer = await fetch(`${url}v1/status`);
  const status = (await answer.json()) as { tickers: { rows: number }[] };
  return status.tickers[0]?.rows ?? 0;
}

/** Waits until the page has what the server has, while the server stands still; returns how long that took. */
async function completeWithin(page: Page, fixture: Fixture, milliseconds: number): Promise<number> {
  fixture.control.hold = true;
  const rows = await rowsOf(fixture);
  const before = Date.now();
  await expect.poll(() => chartNumber(page, "rows"), { timeout: milliseconds, intervals: [50] }).toBe(rows);
  fixture.control.hold = false;
  return Date.now() - before;
}

test("rows, crosses and proof come by themselves", async ({ page, serve }) => {
  const fixture = await serve({ at: "09:40", speed: 60 });
  await page.goto(fixture.url);
  await expect(parity(page, "equal")).toBeVisible();
  await expect(page.getByTestId("link")).toHaveAttribute("data-state", "live");
  await expect(page.getByTestId("market-state")).toHaveAttribute("data-state", "open");
  const [rows, crosses] = [await chartNumber(page, "rows"), await chartNumber(page, "crosses")];
  await expect.poll(() => chartNumber(page, "rows")).toBeGreaterThan(rows + 200);
  await expect.poll(() => chartNumber(page, "crosses"), { timeout: 45_000 }).toBeGreaterThan(crosses);
  await expect(page.getByTestId("signal-row").first()).toHaveAttribute("data-state", "confirmed");
  await expect(parity(page, "equal")).toBeVisible();
  await page.getByTestId("range-15m").click();
  await page.screenshot({ path: "test-results/desktop-live.png" });
  await page.getByTestId("interval-5m").click();
  await expect(parity(page, "equal")).toBeVisible();
  await expect(page.getByTestId("chart")).toHaveAttribute("data-forming", /\d/);
});

test("offline and back: complete within two seconds", async ({ page, context, serve, mayFail }) => {
  mayFail.value = true;
  const fixture = await serve({ at: "10:00", speed: 60 });
  await page.goto(fixture.url);
  await expect(parity(page, "equal")).toBeVisible();
  await context.setOffline(true);
  await expect(page.getByTestId("banner-offline")).toBeVisible();
  const rows = await chartNumber(page, "rows");
  await page.waitForTimeout(3_000);
  expect(await chartNumber(page, "rows")).toBe(rows);
  await context.setOffline(false);
  expect(await completeWithin(page, fixture, 2_000)).toBeLessThan(2_000);
  await expect(parity(page, "equal")).toBeVisible();
  await expect(page.getByTestId("banner-offline")).toHaveCount(0);
});

test("a cut line, and one whose past is forgotten, are taken up again", async ({ page, serve, mayFail }) => {
  mayFail.value = true;
  const fixture = await serve({ at: "10:00", speed: 60 });
  await page.goto(fixture.url);
  await expect(parity(page, "equal")).toBeVisible();
  for (const fault of ["cut", "reset"] as const) {
    fixture.changes[fault]();
    await page.waitForTimeout(500);
    expect(await completeWithin(page, fixture, 3_000)).toBeLessThan(3_000);
    await expect(page.getByTestId("link")).toHaveAttribute("data-state", "live");
  }
  await expect(parity(page, "equal")).toBeVisible();
});

test("without a stream the page asks, and returns to the stream when there is one", async ({
  page,
  serve,
  mayFail,
}) => {
  mayFail.value = true;
  const fixture = await serve({ at: "10:00", speed: 10 });
  fixture.control.refuseStream = true;
  await page.goto(fixture.url);
  await expect(page.getByTestId("link")).toHaveAttribute("data-state", "polling");
  const rows = await chartNumber(page, "rows");
  await expect.poll(() => chartNumber(page, "rows")).toBeGreaterThan(rows + 30);
  await expect(parity(page, "equal")).toBeVisible();
  fixture.control.refuseStream = false;
  await expect(page.getByTestId("link")).toHaveAttribute("data-state", "live");
  await completeWithin(page, fixture, 5_000);
  await expect(parity(page, "equal")).toBeVisible();
});

test("the newest day is followed over midnight; a chosen one stays", async ({ page, context, serve }) => {
  const fixture = await serve({ at: "19:58", day: -2, speed: 4000 });
  const [before, after] = fixture.sessions.slice(-2).map(({ date }) => date);
  const pinned = await context.newPage();
  await page.goto(fixture.url);
  await expect(page.getByTestId("date")).toHaveAttribute("data-date", String(before));
  await pinned.goto(`${fixture.url}?date=${before}`);
  await expect(page.getByTestId("date")).toHaveAttribute("data-date", String(after), { timeout: 30_000 });
  await expect.poll(() => chartNumber(page, "rows")).toBeGreaterThan(0);
  await expect(pinned.getByTestId("date")).toHaveAttribute("data-date", String(before));
  await pinned.close();
});

test("a gap is marked and listed, and a repair is told", async ({ page, serve }) => {
  const fixture = await serve({ at: "10:30", speed: 1 });
  await page.goto(fixture.url);
  await expect(parity(page, "equal")).toBeVisible();
  await expect(page.getByTestId("gaps")).toHaveText("none");
  const started_at_ms = (fixture.sessions.at(-1)?.start ?? 0) + 1_200_000;
  fixture.changes.gap({ started_at_ms, ended_at_ms: started_at_ms + 300_000 });
  await expect(page.getByTestId("gaps")).toContainText("1 (1 not repaired)");
  fixture.changes.gap({ started_at_ms, ended_at_ms: started_at_ms + 300_000, state: "repaired", rows_added: 5 });
  await expect(page.getByTestId("gaps")).toContainText("1 repaired");
  await page.getByTestId("gaps").getByRole("button").click();
  await expect(page.getByTestId("gap-list")).toContainText("09:50:00 – 09:55:00");
  await page.screenshot({ path: "test-results/desktop-gap.png" });
});

test("a login that Schwab wants is said loudly", async ({ page, serve }) => {
  const fixture = await serve({ at: "10:30", speed: 1 });
  fixture.control.token = "reauth_required";
  await page.goto(fixture.url);
  await expect(page.getByTestId("banner-reauth")).toBeVisible();
  await expect(page.getByTestId("token")).toHaveAttribute("data-state", "reauth_required");
});
