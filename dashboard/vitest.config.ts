import { resolve } from "node:path";
import { defineConfig } from "vitest/config";

// Logic runs in Node with the built package, as it is installed; what needs a page is in test/browser.
export default defineConfig({
  resolve: { alias: { "@": resolve(import.meta.dirname, "src") } },
  test: { include: ["test/unit/**/*.test.ts"], testTimeout: 30_000 },
});
