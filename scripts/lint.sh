#!/usr/bin/env bash
# Format, clippy and rustdoc, and Biome for JavaScript and TypeScript, with warnings as errors.
. "$(dirname "$0")/lib.sh"

cargo fmt --all --check
cargo clippy --locked --workspace --all-targets -- -D warnings
RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --no-deps

npm_ci frontend-bindings
frontend-bindings/node_modules/.bin/biome ci --error-on-warnings
