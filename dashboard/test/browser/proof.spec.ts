import { easternLabel } from "@alpha-kite/indicators/chart";
import { expect, parity, test } from "./setup";

for (const column of ["close", "open", "high", "low"]) {
  test(`one altered cent in a stored ${column} turns the badge red`, async ({ page, serve }) => {
    const { url, changes, sessions } = await serve({ live: false });
    const { time } = changes.alter({ index: 4321, column });
    await page.goto(url);
    await expect(parity(page, "different")).toBeVisible();
    await expect(page.getByTestId("parity")).toContainText("Different");
    const difference = page.getByTestId("parity-difference");
    if (column === "close") {
      await expect(difference).toHaveAttribute("data-time", String(time));
      await expect(difference).toContainText(`${easternLabel(time, "time")} ET`);
      await page.screenshot({ path: "test-results/desktop-different.png" });
      await page.getByRole("button", { name: "Show it on the chart" }).click();
      await expect(page.getByTestId("legend")).toContainText(easternLabel(time, "time"));
    } else await expect(difference).toContainText("What differs is in the rows");
    // Other days are as they were.
    await page.goto(`${url}?date=${sessions[0]?.date}`);
    await expect(parity(page, "equal")).toBeVisible();
  });
}

test("minutes show the alteration too", async ({ page, serve }) => {
  const { url, changes, sessions } = await serve({ live: false });
  const answer = await fetch(`${url}v1/bars?ticker=QQQ&date=${sessions.at(-1)?.date}`);
  const { start_ms } = (await answer.json()) as { start_ms: number[] };
  const first = start_ms.findIndex((time) => time >= (sessions.at(-1)?.start ?? 0));
  const minute = (index: number) => Math.floor((start_ms[first + index] ?? 0) / 60_000);
  // The last second of a minute: the minute's close.
  const index = [...start_ms.keys()].find((at) => at > 1000 && minute(at) !== minute(at + 1)) ?? 0;
  changes.alter({ index, column: "close", by: -0.01 });
  for (const interval of ["1m", "5m"]) {
    await page.goto(`${url}?interval=${interval}`);
    const expected = interval === "1m" ? "different" : "equal";
    // What is computed on request is computed of the altered row.
    await expect(parity(page, expected)).toBeVisible();
  }
});

test("a revised row is taken in: the proof holds, and withdrawn crosses are told", async ({ page, serve }) => {
  const { url, changes } = await serve({ at: "10:30", speed: 1 });
  await page.goto(url);
  await expect(parity(page, "equal")).toBeVisible();
  for (const tell of ["commit", "revised", "nobody"] as const) {
    const digest = await page.getByTestId("parity-panel").locator("td").nth(2).textContent();
    for (let index = 100; index < 3000; index += 400) changes.revise({ index, by: 0.75, tell });
    await expect(page.getByTestId("parity-panel").locator("td").nth(2)).not.toHaveText(String(digest));
    await expect(parity(page, "equal")).toBeVisible();
  }
  const box = page.getByTestId("signals").locator("section");
  await expect(async () => {
    await box.evaluate((element) => element.scrollBy(0, 300));
    await expect(page.locator("[data-testid=signal-row][data-state=withdrawn]").first()).toBeVisible({ timeout: 300 });
  }).toPass();
});
