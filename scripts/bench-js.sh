#!/usr/bin/env bash
# Measures the npm package beside others in Node and Chromium, and the dashboard, and writes docs/performance-js.md. Leave the machine otherwise idle.
. "$(dirname "$0")/lib.sh"

for part in node wasm-target wasm-pack browser; do
  "scripts/setup/$part.sh"
done
scripts/build-bindings.sh
npm_ci tests/bench-js
note "building the native program and wickra-core for wasm"
quietly "$cache/log/bench-js.log" cargo build --release --manifest-path tests/bench-js/native/Cargo.toml --target-dir target/bench-js
(
  . scripts/wasm-env.sh
  export RUSTFLAGS="-C target-feature=+simd128"
  quietly "$cache/log/bench-js.log" cargo build --release --manifest-path tests/bench-js/wickra/Cargo.toml \
    --target wasm32-unknown-unknown --target-dir target/wasm
)
node tests/bench-js/run.js target/wasm/wasm32-unknown-unknown/release/bench_wickra.wasm target/bench-js/release/bench-native "$@"

# The dashboard in Chromium, whose numbers are the last part of the same document.
scripts/build-dashboard.sh
(cd dashboard && npm run bench)
