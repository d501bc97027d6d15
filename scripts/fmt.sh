#!/usr/bin/env bash
# Formats Rust, JavaScript and TypeScript.
. "$(dirname "$0")/lib.sh"

cargo fmt --all
npm_ci frontend-bindings
frontend-bindings/node_modules/.bin/biome check --write
