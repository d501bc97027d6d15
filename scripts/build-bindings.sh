#!/usr/bin/env bash
# Builds the npm package into frontend-bindings/dist: the wasm module, then the TypeScript around it.
. "$(dirname "$0")/lib.sh"

scripts/wasm-build.sh
npm_ci frontend-bindings
cd frontend-bindings
npx tsc
node build.js
note "$(gzip -9 -c dist/esm/index.js | wc -c) bytes of JavaScript and $(gzip -9 -c dist/alpha_kite_bg.wasm | wc -c) of WebAssembly, gzipped"
