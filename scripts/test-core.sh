#!/usr/bin/env bash
# Tests the core alone, without features and with each one, since a workspace build turns all of them on; and with the vectors
# of this machine, which are wider than those that every machine has.
. "$(dirname "$0")/lib.sh"

for features in "" alloc std serde; do
  echo "core with features: ${features:-none}"
  cargo test --locked --package alpha-kite-core --no-default-features --features "$features" --no-fail-fast
done
echo "core built for this machine"
RUSTFLAGS="${RUSTFLAGS:-} -C target-cpu=native" cargo test --locked --package alpha-kite-core --target-dir target/native --no-fail-fast
