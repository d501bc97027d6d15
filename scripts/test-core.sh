#!/usr/bin/env bash
# Tests the core alone, without features and with the one that adds code to its types, since a workspace build turns all of them
# on; and with the vectors of this machine, which are wider than those that every machine has.
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
echo "core built for this machine"
RUSTFLAGS="${RUSTFLAGS:-} -C target-cpu=native" cargo test --locked --package alpha-kite-core --target-dir target/native --no-fail-fast
