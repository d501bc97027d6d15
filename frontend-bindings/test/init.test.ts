import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";

type Package = typeof import("@alpha-kite/indicators");

const dist = new URL("../dist/", import.meta.url);
const file = new URL("alpha_kite_bg.wasm", dist);
const bytes = readFileSync(file);
const corrupted = bytes.map((byte, at) => (at > 200 ? byte ^ 0x55 : byte));
/** A valid module that is another one. */
const empty = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0);

let copies = 0;

/** The package anew, as if nobody had loaded it. */
async function fresh(): Promise<Package> {
  copies += 1;
  return (await import(/* @vite-ignore */ new URL(`esm/index.js?copy=${copies}`, dist).href)) as Package;
}

function works({ parsePrice }: Package): boolean {
  return parsePrice("598.1234").micros === 598_123_400;
}

let server: Server;
let address: string;

beforeAll(async () => {
  server = createServer((request, response) => {
    const types: Record<string, string> = { "/typed.wasm": "application/wasm", "/untyped.wasm": "text/plain" };
    const type = types[request.url ?? ""];
    if (type === undefined) response.writeHead(404).end("no such file");
    else response.writeHead(200, { "content-type": type }).end(bytes);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => server.close());

test("nothing works before it", async () => {
  const kite = await fresh();
  expect(kite.isInitialized()).toBe(false);
  const columns = { times: new Float64Array(0), prices: new Float64Array(0), volumes: new Float64Array(0) };
  const options = { ticker: "QQQ", barSeconds: 60 };
  const calls = [
    () => kite.compute(columns, options),
    () => kite.createEngine(options),
    () => kite.createResidentColumns(columns),
    () => kite.resample(columns, 60),
    () => kite.sessionOf(0),
    () => kite.isRegularSession(0),
    () => kite.parsePrice("1"),
    () => kite.signalId({ ...options, time: 0, direction: "up" }),
  ];
  for (const call of calls) expect(call).toThrow(expect.objectContaining({ code: "not_initialized" }));
});

test("takes nothing, an address, a path, bytes, a response, a promise of one, or a module", async () => {
  const sources: (() => Parameters<Package["init"]>[0])[] = [
    () => undefined,
    () => file,
    () => file.href,
    () => fileURLToPath(file),
    () => `${address}/typed.wasm`,
    () => new URL(`${address}/untyped.wasm`),
    () => bytes,
    () => new Uint8Array(bytes).buffer,
    () => fetch(`${address}/typed.wasm`),
    () => Promise.resolve(bytes),
    () => new WebAssembly.Module(bytes),
    () => WebAssembly.compile(bytes),
  ];
  for (const source of sources) {
    const kite = await fresh();
    await kite.init(source());
    expect(kite.isInitialized()).toBe(true);
    expect(works(kite)).toBe(true);
  }
});

test("twice and at the same time is harmless", async () => {
  const kite = await fresh();
  await Promise.all([kite.init(), kite.init(), kite.init(bytes), kite.init(file)]);
  await kite.init();
  await kite.init(corrupted);
  expect(works(kite)).toBe(true);
});

test("without a source waits for the source that is being loaded", async () => {
  const kite = await fresh();
  let come: (file: Uint8Array<ArrayBuffer>) => void = () => {};
  const slow = kite.init(
    new Promise<Uint8Array<ArrayBuffer>>((resolve) => {
      come = resolve;
    }),
  );
  let waited = true;
  const joined = kite.init().then(() => waited);
  // Its own file would be there by then.
  await new Promise((later) => setTimeout(later, 100));
  expect(kite.isInitialized()).toBe(false);
  waited = false;
  come(bytes);
  await slow;
  expect(await joined).toBe(false);
  expect(works(kite)).toBe(true);
});

test("a source that fails late does not hide one that is still being loaded", async () => {
  const kite = await fresh();
  let come: (file: Uint8Array<ArrayBuffer>) => void = () => {};
  const failing = kite.init(corrupted);
  const slow = kite.init(
    new Promise<Uint8Array<ArrayBuffer>>((resolve) => {
      come = resolve;
    }),
  );
  await expect(failing).rejects.toMatchObject({ code: "wasm_load_failed" });
  const joined = kite.init();
  await new Promise((later) => setTimeout(later, 100));
  expect(kite.isInitialized()).toBe(false);
  come(bytes);
  await Promise.all([slow, joined]);
  // After a failure the own file is loaded.
  const other = await fresh();
  await expect(other.init(corrupted)).rejects.toMatchObject({ code: "wasm_load_failed" });
  await other.init();
  expect(works(other)).toBe(true);
});

test("asks for no more at once than browsers instantiate at once, and the first module stays", async () => {
  const { Instance } = WebAssembly;
  try {
    // Chrome before 114, on the main thread.
    WebAssembly.Instance = class {
      constructor() {
        throw new RangeError("WebAssembly.Instance is disallowed on the main thread");
      }
    } as never;
    const kite = await fresh();
    const module = await WebAssembly.compile(bytes);
    const columns = { times: new Float64Array(1), prices: new Float64Array(1), volumes: new Float64Array(1) };
    await Promise.race([kite.init(module), kite.init(module)]);
    const resident = kite.createResidentColumns(columns);
    await Promise.all([kite.init(module), kite.init(module), new Promise(setImmediate)]);
    const { vwap } = resident.compute({ ticker: "QQQ", barSeconds: 60 });
    expect([...vwap]).toEqual([Number.NaN]);
    expect(works(kite)).toBe(true);
  } finally {
    WebAssembly.Instance = Instance;
  }
});

test("works where its memory is beyond two gibibytes", async () => {
  const { instantiate } = WebAssembly;
  let memory: WebAssembly.Memory | undefined;
  try {
    WebAssembly.instantiate = (async (...given: Parameters<typeof instantiate>) => {
      const instance = (await instantiate(...given)) as unknown as WebAssembly.Instance;
      ({ memory } = instance.exports as { memory: WebAssembly.Memory });
      return instance;
    }) as never;
    const kite = await fresh();
    await kite.init(bytes);
    // Pages that nobody touches take no memory.
    memory?.grow(2 ** 15);
    const rows = 100_000;
    const columns = {
      times: Float64Array.from({ length: rows }, (_, row) => Date.UTC(2019, 1, 11, 14, 30) + 1000 * row),
      prices: Float64Array.from({ length: rows }, (_, row) => 600 + (row % 100)),
      volumes: new Float64Array(rows).fill(10),
    };
    const options = { ticker: "QQQ", barSeconds: 1 };
    const resident = kite.createResidentColumns(columns);
    const here = resident.compute(options);
    expect(here.sma9.byteOffset).toBeGreaterThan(2 ** 31);
    const there = kite.compute(columns, options);
    expect(here.crosses.length).toBeGreaterThan(100);
    expect(here.crosses).toEqual(there.crosses);
    expect(here.sessions).toEqual(there.sessions);
    const engine = kite.createEngine(options);
    engine.pushColumns(columns);
    expect(engine.sma9).toBe(there.sma9.at(-1));
    expect(works(kite)).toBe(true);
  } finally {
    WebAssembly.instantiate = instantiate;
  }
});

test("fails with a code, and works afterwards", async () => {
  const failing: (() => Parameters<Package["init"]>[0])[] = [
    () => corrupted,
    () => bytes.subarray(0, 1000),
    () => new Uint8Array(0),
    () => empty,
    () => new WebAssembly.Module(empty),
    () => `${address}/missing.wasm`,
    () => fetch(`${address}/missing.wasm`),
    () => new URL("missing.wasm", dist),
    () => Promise.reject(new Error("no network")),
    () => "http://127.0.0.1:1/nobody.wasm",
  ];
  const kite = await fresh();
  for (const source of failing) {
    const error = await kite.init(source()).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(kite.IndicatorsError);
    expect(error).toMatchObject({ code: "wasm_load_failed" });
    expect((error as Error).cause).toBeInstanceOf(Error);
    expect(kite.isInitialized()).toBe(false);
  }
  expect(await kite.init(7 as never).catch((thrown: unknown) => thrown)).toMatchObject({ code: "bad_argument" });
  const [bad, good] = await Promise.allSettled([kite.init(corrupted), kite.init(bytes)]);
  expect([bad.status, good.status]).toEqual(["rejected", "fulfilled"]);
  expect(works(kite)).toBe(true);
});

/** Runs a script of its own in Node, and returns what it prints. */
function node(script: string): string {
  return execFileSync(process.execPath, ["--input-type=module", "--eval", script], { encoding: "utf8" }).trim();
}

test("importing starts nothing and wants nothing of a browser or of WebAssembly", () => {
  const entries = ["index.js", "chart/index.js", "react/index.js", "supabase/index.js"];
  const imports = entries.map((entry) => `await import("${new URL(`esm/${entry}`, dist)}");`).join("");
  expect(node(`delete globalThis.WebAssembly; delete globalThis.fetch; ${imports} console.log("imported")`)).toBe(
    "imported",
  );
});

test("says what is missing where there is no WebAssembly, or none with vectors", () => {
  const attempt = `const kite = await import("${new URL("esm/index.js", dist)}"); await kite.init().catch((e) => console.log(e.code));`;
  expect(node(`delete globalThis.WebAssembly; ${attempt}`)).toBe("wasm_unsupported");
  // An engine without vectors finds modules invalid that use them: nothing else can be asked of it.
  expect(node(`WebAssembly.validate = (code) => !code.includes(253); ${attempt}`)).toBe("wasm_unsupported");
});

test("CommonJS loads the same file", () => {
  const script = `
    import { createRequire } from "node:module";
    const kite = createRequire("${import.meta.url}")("@alpha-kite/indicators");
    await kite.init();
    console.log(kite.parsePrice("598.1234").micros);`;
  expect(node(script)).toBe("598123400");
});
