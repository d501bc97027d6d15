import { chartNumber, expect, parity, test } from "./setup";

test("a whole day of seconds is there at once, with its proof", async ({ page, serve }) => {
  const { url } = await serve({ live: false });
  await page.goto(url);
  await expect(parity(page, "equal")).toBeVisible();
  expect(await chartNumber(page, "bars")).toBeGreaterThan(23_000);
  const crosses = await chartNumber(page, "crosses");
  expect(crosses).toBeGreaterThan(20);
  await expect(page.getByTestId("parity")).toContainText(`${crosses} of ${crosses} crosses equal`);
  await expect(page.getByTestId("signals-count")).toHaveText(`${crosses} in force`);
  await expect(page.getByTestId("signal-row").first()).toHaveAttribute("data-state", "confirmed");
  await expect(page.getByTestId("legend")).toContainText("15:59:5");
  await page.screenshot({ path: "test-results/desktop-dark.png" });
});

test("minutes are made of the seconds here, and equal the server's", async ({ page, serve }) => {
  const { url } = await serve({ live: false });
  await page.goto(`${url}?interval=1m`);
  await expect(parity(page, "equal")).toBeVisible();
  await expect(page.getByTestId("chart")).toHaveAttribute("data-interval", "60");
  await expect(page.getByTestId("parity-panel")).toContainText("390 bars of 1m");
  // Five minutes are not stored: the server computes them when asked.
  await page.getByTestId("interval-5m").click();
  await expect(page.getByTestId("parity-panel")).toContainText("78 bars of 5m");
  await expect(parity(page, "equal")).toBeVisible();
  expect(new URL(page.url()).searchParams.get("interval")).toBe("5m");
});

test("times are New York's, wherever the viewer is", async ({ browser, serve }) => {
  const { url } = await serve({ live: false });
  const context = await browser.newContext({ timezoneId: "Asia/Tokyo", locale: "ja-JP" });
  const page = await context.newPage();
  await page.goto(url);
  await expect(parity(page, "equal")).toBeVisible();
  await expect(page.getByTestId("legend")).toContainText("15:59:5");
  await expect(page.getByTestId("legend")).toContainText("ET");
  await expect(page.getByTestId("date")).toHaveText("Fri, Nov 20, 2026");
  await context.close();
});

test("days are walked by session, over a holiday's weekend and by deep link", async ({ page, serve }) => {
  const { url } = await serve({ live: false, date: "2026-11-30" });
  await page.goto(url);
  await expect(page.getByTestId("date")).toHaveAttribute("data-date", "2026-11-30");
  await expect(page.getByTestId("date-next")).toBeDisabled();
  await page.getByTestId("date-prev").click();
  // The Friday after Thanksgiving, a half day.
  await expect(page.getByTestId("date")).toHaveAttribute("data-date", "2026-11-27");
  await expect(parity(page, "equal")).toBeVisible();
  expect(new URL(page.url()).searchParams.get("date")).toBe("2026-11-27");
  await expect(page.getByTestId("legend")).toContainText("12:59:5");
  await page.getByTestId("date-prev").click();
  await expect(page.getByTestId("date")).toHaveAttribute("data-date", "2026-11-25");
  await page.goBack();
  await expect(page.getByTestId("date")).toHaveAttribute("data-date", "2026-11-27");
  await page.goto(`${url}?ticker=SPY&date=2026-11-25&interval=1m`);
  await expect(parity(page, "equal")).toBeVisible();
  await expect(page.getByTestId("ticker")).toHaveValue("SPY");
});

test("the picker offers sessions only", async ({ page, serve }) => {
  const { url } = await serve({ live: false, date: "2026-11-30" });
  await page.goto(url);
  await expect(parity(page, "equal")).toBeVisible();
  await page.getByTestId("date").click();
  const day = (date: string) => page.locator(`[data-testid=date-picker] [data-date="${date}"]`);
  await expect(day("2026-11-26")).toHaveAttribute("aria-disabled", "true");
  await expect(day("2026-11-28")).toHaveAttribute("aria-disabled", "true");
  await expect(day("2026-11-25")).toHaveAttribute("aria-label", "Wed, Nov 25, 2026, with data");
  await expect(day("2026-11-27")).toHaveAttribute("aria-label", "Fri, Nov 27, 2026, with data, half day");
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("ArrowUp");
  await expect(day("2026-11-16")).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("date-picker")).toHaveCount(0);
  await expect(page.getByTestId("state-empty")).toContainText("No data of QQQ on Mon, Nov 16, 2026");
  await page.getByRole("button", { name: "Show Mon, Nov 30, 2026" }).click();
  await expect(parity(page, "equal")).toBeVisible();
});

test("a click on a cross moves the chart to it", async ({ page, serve }) => {
  const { url } = await serve({ live: false });
  await page.goto(url);
  await expect(parity(page, "equal")).toBeVisible();
  const row = page.getByTestId("signal-row").nth(3);
  const time = await row.locator("button").textContent();
  await row.click();
  await expect(page.getByTestId("legend")).toContainText(String(time));
  await expect(page.getByTestId("legend")).toContainText("cross");
  await expect(page.getByTestId("range-session")).toHaveAttribute("aria-pressed", "false");
  await page.screenshot({ path: "test-results/desktop-cross.png" });
});

test("the chart is read by keyboard alone", async ({ page, serve }) => {
  const { url } = await serve({ live: false });
  await page.goto(url);
  await expect(parity(page, "equal")).toBeVisible();
  await page.getByTestId("chart").focus();
  const legend = page.getByTestId("legend");
  await page.keyboard.press("Home");
  await expect(legend).toContainText("04:0");
  const first = await legend.textContent();
  await page.keyboard.press("Shift+>");
  await expect(legend).not.toHaveText(String(first));
  await expect(page.locator("section[aria-label=Chart] [aria-live=polite]")).toContainText("Eastern");
  await page.keyboard.press("0");
  await expect(page.getByTestId("range-session")).toHaveAttribute("aria-pressed", "true");
});

test("theme and style are remembered", async ({ page, serve }) => {
  const { url } = await serve({ live: false });
  await page.goto(`${url}?interval=1m`);
  await expect(parity(page, "equal")).toBeVisible();
  await page.getByTestId("theme").click();
  await page.getByTestId("style-candles").click();
  await page.screenshot({ path: "test-results/desktop-light.png" });
  await page.reload();
  await expect(parity(page, "equal")).toBeVisible();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "light");
  await expect(page.getByTestId("style-candles")).toHaveAttribute("aria-pressed", "true");
});
