import { test as base, type Locator, type Page } from "@playwright/test";
import { type Fixture, type FixtureOptions, startFixture } from "../fixture/server.js";

export { expect } from "@playwright/test";

/** Errors of the console that a test brought about on purpose begin so. */
const EXPECTED = /Failed to load resource|net::ERR_|WebSocket connection to/;

/** Tests with a server of their own, which `serve` starts; a page that logs an error fails. */
export const test = base.extend<{
  serve: (options?: FixtureOptions) => Promise<Fixture>;
  mayFail: { value: boolean };
  clean: undefined;
}>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the pattern
  serve: async ({}, use) => {
    const started: Fixture[] = [];
    await use(async (options) => {
      const fixture = await startFixture(options);
      started.push(fixture);
      return fixture;
    });
    await Promise.all(started.map((fixture) => fixture.close()));
  },
  // biome-ignore lint/correctness/noEmptyPattern: as above
  mayFail: async ({}, use) => use({ value: false }),
  clean: [
    async ({ page, mayFail }, use) => {
      const problems: string[] = [];
      page.on("pageerror", (error) => problems.push(error.message));
      page.on("console", (message) => {
        if (message.type() === "error" && !(mayFail.value && EXPECTED.test(message.text())))
          problems.push(message.text());
      });
      await use(undefined);
      if (problems.length > 0) throw new Error(`the page logged: ${problems.join("; ")}`);
    },
    { auto: true },
  ],
});

/** The badge, when it is in a state. */
export function parity(page: Page, state: "equal" | "different" | "pending" | "unknown"): Locator {
  return page.locator(`[data-testid=parity][data-state=${state}]`);
}

/** The number that an attribute of the chart holds. */
export async function chartNumber(page: Page, name: string): Promise<number> {
  return Number(await page.getByTestId("chart").getAttribute(`data-${name}`));
}
