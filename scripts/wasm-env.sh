# shellcheck shell=bash
# Source this in bash before any cargo or wasm-pack command that builds for wasm32 or for the bare-metal check:
#   . scripts/wasm-env.sh
# Such builds get a target folder of their own, so that two compilers never share one. Where rustup could not download the
# targets, Debian's compiler, set up by scripts/setup/wasm-target.sh, takes the other one's place in this shell. The tools
# of scripts/setup/wasm-pack.sh come first on PATH.

_wasm_env() {
  local root cache targets wasm_pack_version binaryen_version wasm_bindgen
  root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
  cache=${XDG_CACHE_HOME:-$HOME/.cache}/alpha-kite
  . "$root/scripts/versions.sh"
  wasm_bindgen=$(awk '$3 == "\"wasm-bindgen\"" { getline; gsub(/"/, "", $3); print $3; exit }' "$root/Cargo.lock")

  export CARGO_TARGET_DIR=$root/target/wasm
  export PATH=$cache/tools/wasm-pack-$wasm_pack_version/bin:$cache/tools/wasm-bindgen-cli-$wasm_bindgen/bin:$cache/tools/binaryen-$binaryen_version/bin:$PATH

  targets=$(rustc --print sysroot)/lib/rustlib
  if [ -d "$targets/wasm32-unknown-unknown/lib" ] && [ -d "$targets/thumbv7m-none-eabi/lib" ]; then return; fi
  if [ ! -x "$cache/debian-rust/rustc" ]; then
    echo "wasm-env: no compiler for wasm32 yet; run scripts/setup/wasm-target.sh" >&2
    return 1
  fi
  export PATH=$cache/debian-rust:$PATH
  export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=wasm-ld-22
}
_wasm_env
