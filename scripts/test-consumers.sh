#!/usr/bin/env bash
# Installs the packed npm package in every project of tests/consumers and checks that all print the golden digest.
. "$(dirname "$0")/lib.sh"

for part in node wasm-target wasm-pack browser; do
  "scripts/setup/$part.sh"
done
scripts/build-bindings.sh
node tests/consumers/run.js
