#!/usr/bin/env bash
# Format, clippy and rustdoc, with warnings as errors.
. "$(dirname "$0")/lib.sh"

cargo fmt --all --check
cargo clippy --locked --workspace --all-targets -- -D warnings
RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --no-deps
