#!/usr/bin/env bash
# Tests the core alone, without features and with the one that adds code to its types, since a workspace build turns all of them
# on; and with wider vectors than those that every machine has: of this machine, and of four rows where it takes eight.
. "$(dirname "$0")/lib.sh"

core() {
  cargo "$1" --locked --package alpha-kite-core --no-default-features "${@:2}"
}

for features in "" serde; do
  echo "core with features: ${features:-none}"
  core test --features "$features" --no-fail-fast
done
for features in alloc std; do
  core check --features "$features" --tests
done
processors=(native)
if grep -qsw avx512f /proc/cpuinfo; then processors+=(x86-64-v3); fi
for processor in "${processors[@]}"; do
  echo "core built for $processor"
  RUSTFLAGS="${RUSTFLAGS:-} -C target-cpu=$processor" cargo test --locked --package alpha-kite-core \
    --target-dir "target/$processor" --no-fail-fast
done
