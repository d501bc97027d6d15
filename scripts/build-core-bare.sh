#!/usr/bin/env bash
# Builds the core for wasm32, with every feature, and for a bare Cortex-M3, where there is no operating system and no
# standard library, with the features that promise to need none.
. "$(dirname "$0")/lib.sh"
. scripts/wasm-env.sh

rustc --version
cargo build --locked --package alpha-kite-core --target wasm32-unknown-unknown --no-default-features
cargo build --locked --package alpha-kite-core --target wasm32-unknown-unknown --all-features
cargo build --locked --package alpha-kite-core --target thumbv7m-none-eabi --no-default-features
cargo build --locked --package alpha-kite-core --target thumbv7m-none-eabi --no-default-features --features alloc,serde
