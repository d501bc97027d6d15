#!/usr/bin/env bash
# Installs the packed npm package in every project of tests/consumers and checks that all print the golden digest.
. "$(dirname "$0")/lib.sh"

scripts/setup/node.sh
scripts/setup/browser.sh
scripts/build-bindings.sh
node tests/consumers/run.js
