import { defineConfig } from "vitest/config";

// The tests run the built package in dist/, as Node loads it for anyone who installed it.
export default defineConfig({
  test: {
    include: ["test/**/*.test.{ts,tsx}"],
    server: { deps: { external: [/\/dist\//] } },
    testTimeout: 60_000,
  },
  oxc: { jsx: { runtime: "automatic" } },
});
