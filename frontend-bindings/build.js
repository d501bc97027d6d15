// Builds dist/: ES modules in dist/esm, CommonJS in dist/cjs, types beside both, and the one wasm file.
// The wasm module and its JavaScript are in src/wasm already (scripts/wasm-build.sh).
import { execFileSync } from "node:child_process";
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { build } from "rolldown";

const entries = ["index", "chart/index", "react/index", "supabase/index"];

const options = {
  input: Object.fromEntries(entries.map((entry) => [entry, `src/${entry}.ts`])),
  // Entry points import each other by the package's name, so that all share one loaded wasm module.
  external: ["@alpha-kite/indicators", "react"],
  platform: "neutral",
};
const banner = ({ name }) => (name === "react/index" ? '"use client";' : "");

rmSync("dist", { recursive: true, force: true });
await build({ ...options, output: { dir: "dist/esm", format: "esm", banner, minify: true } });
await build({
  ...options,
  plugins: [commonJsLocation()],
  output: { dir: "dist/cjs", format: "cjs", banner, minify: true },
});
writeFileSync("dist/cjs/package.json", '{ "type": "commonjs" }\n');
copyFileSync("src/wasm/alpha_kite_wasm_bg.wasm", "dist/alpha_kite_bg.wasm");
copyTypes();

/** CommonJS finds the wasm file in another way. */
function commonJsLocation() {
  return {
    name: "commonjs-location",
    resolveId: (id) => (id === "./wasm-file.js" ? resolve("src/wasm-file.cjs.ts") : null),
  };
}

/** Puts the declarations that entry points lead to into both folders; the ones of inner modules stay behind. */
function copyTypes() {
  const all = mkdtempSync(join(tmpdir(), "alpha-kite-types-"));
  execFileSync("npx", ["tsc", "--project", "tsconfig.build.json", "--outDir", all], { stdio: "inherit" });
  const wanted = new Set();
  const want = (file) => {
    if (wanted.has(file)) return;
    wanted.add(file);
    const text = readFileSync(join(all, file), "utf8");
    for (const [, name] of text.matchAll(/from "(\.[^"]*)\.js"/g)) want(join(dirname(file), `${name}.d.ts`));
  };
  for (const entry of entries) want(`${entry}.d.ts`);
  for (const format of ["esm", "cjs"]) {
    for (const file of wanted) {
      mkdirSync(dirname(join("dist", format, file)), { recursive: true });
      cpSync(join(all, file), join("dist", format, file));
    }
  }
  rmSync(all, { recursive: true });
}
