#!/usr/bin/env bash
# Format, clippy and rustdoc, and the format of JavaScript and TypeScript, with warnings as errors.
. "$(dirname "$0")/lib.sh"

cargo fmt --all --check
cargo clippy --locked --workspace --all-targets -- -D warnings
RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --no-deps

npm_ci frontend-bindings
frontend-bindings/node_modules/.bin/prettier --check frontend-bindings tests/consumers tests/bench-js
