import { expect, parity, test } from "./setup";

// New York's clock and calendar for viewers elsewhere, over nights and days that are unlike others. The change comes after six seconds of the test.
const CASES = [
  {
    name: "clocks go forward",
    date: "2026-03-06",
    // Hours since Friday's midnight: Sunday, two minutes before two o'clock.
    at: "49:58:00",
    timezoneId: "Europe/Berlin",
    before: /^01:5/,
    after: /^03:0/,
    state: "closed",
    says: "weekend",
    countdown: /opens in 1d 06h \d\dm/,
  },
  {
    name: "clocks go back",
    date: "2026-10-30",
    at: "49:58:00",
    timezoneId: "America/Los_Angeles",
    before: /^01:5/,
    after: /^01:0/,
    state: "closed",
    says: "weekend",
    countdown: /opens in 1d 08h \d\dm/,
  },
  {
    name: "the market opens after clocks went forward",
    date: "2026-03-09",
    at: "09:28:00",
    timezoneId: "Europe/Berlin",
    before: /^09:2/,
    after: /^09:3/,
    state: "open",
    says: "Market open",
    countdown: /closes in 6h 2\dm/,
  },
  {
    name: "a half day closes",
    date: "2026-11-27",
    at: "12:58:00",
    timezoneId: "Asia/Tokyo",
    before: /^12:5/,
    after: /^13:0/,
    state: "post",
    says: "half day",
    countdown: /opens in 2d 20h/,
  },
  {
    name: "midnight of Thanksgiving",
    date: "2026-11-25",
    at: "23:58:00",
    timezoneId: "Asia/Tokyo",
    before: /^23:5/,
    after: /^00:0/,
    state: "closed",
    says: "holiday",
    countdown: /opens in 1d 09h \d\dm/,
  },
] as const;

for (const { name, date, at, timezoneId, before, after, state, says, countdown } of CASES) {
  test(`${name}, seen from ${timezoneId}`, async ({ browser, serve }) => {
    const { url } = await serve({ date, at, speed: 20, days: 1, tickers: ["QQQ"] });
    const context = await browser.newContext({ timezoneId, viewport: { width: 390, height: 844 } });
    const page = await context.newPage();
    const seen: string[] = [];
    await page.exposeFunction("noteClock", (text: string) => seen.push(text));
    await page.addInitScript(() => {
      new MutationObserver(() => {
        const text = document.querySelector("[data-testid=clock]")?.textContent ?? "";
        if (/^\d/.test(text)) (window as unknown as { noteClock(text: string): void }).noteClock(text);
      }).observe(document, { subtree: true, childList: true, characterData: true });
    });
    await page.goto(url);
    await expect(page.getByTestId("clock")).toHaveText(after);
    await expect(page.getByTestId("market-state")).toHaveAttribute("data-state", state);
    await expect(page.getByTestId("market-state")).toContainText(says);
    await expect(page.getByTestId("countdown")).toContainText(countdown);
    await expect(parity(page, "equal")).toBeVisible();
    // Every reading is one of the two sides of the change: no hour that there is not.
    expect(seen[0]).toMatch(before);
    const change = seen.findIndex((text) => !before.test(text));
    expect(seen[change]).toMatch(after);
    await context.close();
  });
}
