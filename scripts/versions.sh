# shellcheck disable=SC2034 # read by the scripts that source this
# shellcheck shell=bash
# Versions of the tools that the setup scripts build or install for themselves; wasm-bindgen's own is the one in Cargo.lock.
wasm_pack_version=0.15.1
binaryen_version=132.0.0
