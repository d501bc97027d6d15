#!/usr/bin/env bash
# Installs what building and testing need; quick when everything is there. Each script can be run on its own.
. "$(dirname "$0")/lib.sh"

setup=$root/scripts/setup
"$setup/base.sh"
"$setup/postgres.sh"
"$setup/node.sh"
"$setup/wasm-target.sh"
if [ -n "$(locked_version wasm-bindgen)" ]; then
  "$setup/wasm-pack.sh"
  "$setup/browser.sh"
fi
