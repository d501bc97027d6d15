import { defineConfig } from "@playwright/test";

/** Debian's Chromium: nothing is downloaded. */
const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";

// `page`: the built page over a small server of made-up rows, with faults at will. `demo`: the page that a running `alpha-kite demo` serves,
// at ALPHA_KITE_URL.
export default defineConfig({
  outputDir: "test-results/runs",
  reporter: [["list"], ["json", { outputFile: "test-results/report.json" }]],
  workers: 1,
  timeout: 60_000,
  expect: { timeout: 15_000 },
  use: {
    browserName: "chromium",
    viewport: { width: 1440, height: 900 },
    colorScheme: "dark",
    screenshot: "only-on-failure",
    launchOptions: {
      executablePath,
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
  projects: [
    { name: "page", testDir: "test/browser" },
    { name: "demo", testDir: "test/demo" },
  ],
});
