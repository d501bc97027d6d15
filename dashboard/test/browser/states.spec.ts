import AxeBuilder from "@axe-core/playwright";
import { expect, parity, test } from "./setup";

test("a skeleton stands in while the day is read", async ({ page, serve }) => {
  const fixture = await serve({ live: false });
  fixture.control.delay = 1_500;
  await page.goto(fixture.url);
  await expect(page.getByTestId("state-loading")).toBeVisible();
  await expect(parity(page, "pending")).toBeVisible();
  fixture.control.delay = 0;
  await expect(parity(page, "equal")).toBeVisible();
  await expect(page.getByTestId("state-loading")).toHaveCount(0);
});

test("a source out of reach is said, and tried until it answers", async ({ page, serve, mayFail }) => {
  mayFail.value = true;
  const fixture = await serve({ live: false });
  fixture.control.refuse = true;
  await page.goto(fixture.url);
  await expect(page.getByTestId("state-unreachable")).toBeVisible();
  await page.screenshot({ path: "test-results/desktop-unreachable.png" });
  fixture.control.refuse = false;
  await expect(parity(page, "equal")).toBeVisible();
});

test("a wasm file that does not load is said", async ({ page, serve, mayFail }) => {
  mayFail.value = true;
  const { url } = await serve({ live: false });
  await page.route(/\.wasm/, (route) => route.abort());
  await page.goto(url);
  await expect(page.getByTestId("state-wasm-failed")).toBeVisible();
});

test("an old browser is told so", async ({ page, serve }) => {
  const { url } = await serve({ live: false });
  await page.addInitScript("WebAssembly.validate = function () { return false; };");
  await page.goto(url);
  await expect(page.getByTestId("state-old-browser").first()).toBeVisible();
});

test("an empty server and a day without data are no errors", async ({ page, serve }) => {
  const { url } = await serve({ live: false, tickers: [] });
  await page.goto(url);
  await expect(page.getByTestId("state-empty")).toBeVisible();
});

const SIZES = {
  desktop: { width: 1440, height: 900 },
  tablet: { width: 820, height: 1180 },
  phone: { width: 390, height: 844 },
};

for (const [name, viewport] of Object.entries(SIZES)) {
  test(`${name}: nothing sticks out, and axe finds nothing`, async ({ browser, serve }) => {
    const { url } = await serve({ live: false });
    for (const colorScheme of ["dark", "light"] as const) {
      const phone = name === "phone";
      const context = await browser.newContext({
        viewport,
        colorScheme,
        hasTouch: phone,
        isMobile: phone,
        deviceScaleFactor: phone ? 2 : 1,
      });
      const page = await context.newPage();
      await page.goto(url);
      await expect(parity(page, "equal")).toBeVisible();
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      expect(width).toBeLessThanOrEqual(viewport.width);
      const { violations } = await new AxeBuilder({ page }).analyze();
      expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`)).toEqual([]);
      await page.getByTestId("date").click();
      await expect(page.getByTestId("date-picker")).toBeVisible();
      const picker = await new AxeBuilder({ page }).include("[data-testid=date-picker]").analyze();
      expect(picker.violations.map(({ id }) => id)).toEqual([]);
      await page.keyboard.press("Escape");
      await page.screenshot({ path: `test-results/${name}-${colorScheme}.png` });
      await context.close();
    }
  });
}

test("on a phone the badge stands beside the day, whichever day it is", async ({ browser, serve }) => {
  // Days of the greatest width there are, with all the crosses that there can be.
  const { url } = await serve({ live: false, date: "2026-11-25", shape: { density: 1, pull: 0.004 } });
  const context = await browser.newContext({ viewport: SIZES.phone });
  const page = await context.newPage();
  const middle = async (id: string) => {
    const { y, height } = (await page.getByTestId(id).boundingBox()) ?? { y: 0, height: 0 };
    return y + height / 2;
  };
  for (const date of ["2026-11-25", "2026-11-24"]) {
    await page.goto(`${url}?date=${date}`);
    await expect(parity(page, "equal")).toBeVisible();
    await expect(page.getByTestId("date-newest")).toBeVisible();
    expect(Math.abs((await middle("parity")) - (await middle("date")))).toBeLessThan(8);
  }
  await context.close();
});

test("the first load is small", async ({ page, serve }) => {
  const { url } = await serve({ live: false });
  const session = await page.context().newCDPSession(page);
  await session.send("Network.enable");
  const names = new Map<string, string>();
  let bytes = 0;
  session.on("Network.responseReceived", ({ requestId, response }) =>
    names.set(requestId, new URL(response.url).pathname),
  );
  session.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
    if (!names.get(requestId)?.startsWith("/v1/")) bytes += encodedDataLength;
  });
  await page.goto(url);
  await expect(parity(page, "equal")).toBeVisible();
  expect(names.size).toBeGreaterThan(8);
  console.log(`first load: ${bytes} bytes`);
  expect(bytes).toBeLessThan(400_000);
});
