#!/usr/bin/env bash
# wasm-pack, the wasm-bindgen command and wasm-opt, kept in this machine's cache under their versions.
# Usage: wasm-pack.sh [WASM_BINDGEN_VERSION]   (default: the version in Cargo.lock, which it must equal)
. "$(dirname "$0")/../lib.sh"
. "$root/scripts/versions.sh"

wasm_bindgen=${1:-$(locked_version wasm-bindgen)}
[ -n "$wasm_bindgen" ] || fail "no crate in Cargo.lock uses wasm-bindgen; name a version"
has npm || fail "no npm: install Node.js 20 or later"

# cargo_tool CRATE VERSION PROGRAM: builds a command from its published source, unless the cache has it.
cargo_tool() {
  local dir
  dir=$(tool_dir "$1" "$2")
  [ -x "$dir/bin/$3" ] && return
  note "building $1 $2 (two to three minutes)"
  quietly "$cache/log/$1.log" cargo install --quiet --root "$dir" --version "$2" "$1"
}

cargo_tool wasm-pack "$wasm_pack_version" wasm-pack
cargo_tool wasm-bindgen-cli "$wasm_bindgen" wasm-bindgen
binaryen_dir=$(tool_dir binaryen "$binaryen_version")
if [ ! -x "$binaryen_dir/bin/wasm-opt" ]; then
  note "installing binaryen $binaryen_version"
  quietly "$cache/log/binaryen.log" npm install --global --no-audit --no-fund --prefix "$binaryen_dir" "binaryen@$binaryen_version"
fi
note "wasm-pack $wasm_pack_version, wasm-bindgen $wasm_bindgen, wasm-opt $binaryen_version"
