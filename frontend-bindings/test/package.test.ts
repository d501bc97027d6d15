import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";

const root = new URL("../", import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root));
const manifest = JSON.parse(read("package.json").toString());

test("the entry and its wasm file keep to their size budget, gzipped", () => {
  const size = ["dist/esm/index.js", "dist/alpha_kite_bg.wasm"].map(
    (path) => gzipSync(read(path), { level: 9 }).length,
  );
  console.log(`entry ${size[0]} bytes, wasm ${size[1]} bytes, gzipped`);
  expect((size[0] ?? 0) + (size[1] ?? 0)).toBeLessThan(25_000);
});

test("every entry point exists in both formats, with its types first", () => {
  for (const [name, entry] of Object.entries<Record<string, Record<string, string>> | string>(manifest.exports)) {
    if (typeof entry === "string") continue;
    for (const [format, conditions] of Object.entries(entry)) {
      expect([name, format, Object.keys(conditions)]).toEqual([name, format, ["types", "default"]]);
      for (const path of Object.values(conditions)) expect(read(path).length).toBeGreaterThan(0);
    }
    expect(Object.keys(entry)).toEqual(["import", "require"]);
  }
  expect(manifest.sideEffects).toBe(false);
});

test("what is packed: one wasm file, no sources, both licences", () => {
  const [packed] = JSON.parse(execFileSync("npm", ["pack", "--dry-run", "--json"], { cwd: root, encoding: "utf8" }));
  const paths: string[] = packed.files.map(({ path }: { path: string }) => path);
  expect(paths.filter((path) => path.endsWith(".wasm"))).toEqual(["dist/alpha_kite_bg.wasm"]);
  expect(paths.filter((path) => !path.startsWith("dist/")).sort()).toEqual([
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "package.json",
  ]);
  expect(paths.filter((path) => path.endsWith(".ts") && !path.endsWith(".d.ts"))).toEqual([]);
});

test("declarations say nothing of the wasm module's own types", () => {
  const [packed] = JSON.parse(execFileSync("npm", ["pack", "--dry-run", "--json"], { cwd: root, encoding: "utf8" }));
  for (const { path } of packed.files as { path: string }[]) {
    if (path.endsWith(".d.ts")) expect(read(path).toString()).not.toContain("alpha_kite_wasm");
  }
});

test("the README's first program is the one that is compiled", () => {
  const [, program] =
    read("README.md")
      .toString()
      .match(/```ts\n([\s\S]*?)```/) ?? [];
  const compiled = read("test/readme.ts").toString();
  expect(compiled.slice(compiled.indexOf("\n") + 1)).toBe(program);
});
