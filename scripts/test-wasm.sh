#!/usr/bin/env bash
# Tests the WebAssembly face of the core in Node and in Chromium.
. "$(dirname "$0")/lib.sh"
. scripts/wasm-env.sh

has chromedriver || fail "needs chromedriver on PATH; run scripts/setup/browser.sh"
wasm-pack test --node --mode no-install wasm --locked --test node
wasm-pack test --headless --chrome --chromedriver "$(command -v chromedriver)" --mode no-install wasm --locked --test browser
