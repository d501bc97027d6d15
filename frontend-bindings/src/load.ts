import { instantiate, isLoaded } from "./core.js";
import { IndicatorsError } from "./errors.js";
import { asset, besideModule, unmoved } from "./wasm-file.js";

/**
 * Where `init` takes the wasm module from: an address, its bytes, a response, or the compiled module. In Node a string that is no
 * address is a path.
 */
export type WasmSource = LoadedSource | PromiseLike<LoadedSource>;

type LoadedSource = string | URL | BufferSource | Response | WebAssembly.Module;

/** Compiles the wasm module and puts it to work. */
export async function load(source: WasmSource | undefined): Promise<void> {
  requireSimd();
  try {
    const module = await compile(source === undefined ? await fromPackage() : await source);
    if (!isLoaded()) await instantiate(module);
  } catch (cause) {
    if (cause instanceof IndicatorsError) throw cause;
    throw new IndicatorsError("wasm_load_failed", `the wasm module could not be loaded: ${messageOf(cause)}`, {
      cause,
    });
  }
}

/** The bytes of `(module (func (result v128) (i8x16.splat (i32.const 0))))`, valid where there are vector instructions. */
const SIMD_PROBE = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0], // magic and version
  ...[1, 5, 1, 96, 0, 1, 123], // types
  ...[3, 2, 1, 0], // functions
  ...[10, 8, 1, 6, 0, 65, 0, 253, 15, 11], // code
);

function requireSimd(): void {
  if (typeof WebAssembly !== "object" || !WebAssembly.validate(SIMD_PROBE)) {
    throw new IndicatorsError(
      "wasm_unsupported",
      "this environment lacks WebAssembly with simd128 (Chrome 96, Firefox 90, Safari 16.4, Node 20.16 or newer have it)",
    );
  }
}

async function compile(source: LoadedSource): Promise<WebAssembly.Module> {
  if (source instanceof WebAssembly.Module) return source;
  if (typeof Response === "function" && source instanceof Response) return compileResponse(source);
  if (typeof source === "string" || source instanceof URL) return compile(await fromAddress(source));
  if (isBuffer(source)) return WebAssembly.compile(source);
  throw new IndicatorsError(
    "bad_argument",
    "init takes nothing, an address, bytes, a Response or a WebAssembly.Module",
  );
}

function isBuffer(source: unknown): source is BufferSource {
  // Not `instanceof`: a test runner's sandbox has an ArrayBuffer of its own.
  return ArrayBuffer.isView(source) || Object.prototype.toString.call(source) === "[object ArrayBuffer]";
}

async function compileResponse(response: Response): Promise<WebAssembly.Module> {
  if (!response.ok) throw new Error(`${response.url} answered ${response.status}`);
  // Streaming compilation insists on this type; servers that do not know `.wasm` send another.
  const type = response.headers.get("content-type")?.split(";")[0];
  if (type === "application/wasm") return WebAssembly.compileStreaming(response);
  return WebAssembly.compile(await response.arrayBuffer());
}

async function fromAddress(address: string | URL): Promise<Response | BufferSource> {
  const files = nodeFiles();
  if (files !== undefined) {
    const url = typeof address === "string" ? parseUrl(address) : address;
    if (url === undefined || url.protocol === "file:") return files.readFile(url ?? address);
  }
  return fetch(address);
}

/** The file of this package: from disk in Node, else fetched. */
async function fromPackage(): Promise<Response | BufferSource> {
  const files = nodeFiles();
  if (files === undefined) return fetchFirst([asset(), unmoved()]);
  // Servers that were bundled elsewhere than they run still have the package in node_modules.
  const installed = `${process.cwd()}/node_modules/@alpha-kite/indicators/dist/alpha_kite_bg.wasm`;
  try {
    return await files.readFile(besideModule());
  } catch (first) {
    return files.readFile(installed).catch(() => Promise.reject(first));
  }
}

/** The first address that answers with a file; a page of HTML is how some servers say that there is none. */
async function fetchFirst(addresses: (URL | undefined)[]): Promise<Response> {
  let problem = "outside Node the CommonJS build has to be told where the file is: init(source)";
  for (const address of addresses) {
    if (address === undefined) continue;
    const response = await fetch(address);
    if (response.ok && !response.headers.get("content-type")?.startsWith("text/html")) return response;
    problem = `${address} answered ${response.status} ${response.headers.get("content-type")}`;
  }
  throw new Error(problem);
}

/** Node's file functions, asked for at run time so that nothing of Node is in a browser's bundle. */
function nodeFiles(): typeof import("node:fs/promises") | undefined {
  return typeof process === "object" ? process.getBuiltinModule?.("node:fs/promises") : undefined;
}

function parseUrl(text: string): URL | undefined {
  // One letter in front of a colon is a drive of Windows.
  return /^[a-z][a-z+.-]+:/i.test(text) ? new URL(text) : undefined;
}

function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
