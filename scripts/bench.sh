#!/usr/bin/env bash
# Measures the core beside the crates that a user could pick instead, replay beside the same statements without computing,
# and the running service beside one in Python, and leaves the tables in target/bench/core.md, replay.md and live.md.
#   scripts/bench.sh [--inputs DIR]     columns NAME.micro.i64 and NAME.vol.i64 to measure instead of made-up ones
# BENCH_RUNS (default 5) is the number of processes of each build; builds take turns. Leave the machine otherwise idle.
. "$(dirname "$0")/lib.sh"

scripts/setup/base.sh
results=$root/target/bench/results
rm -rf "$results"
mkdir -p "$results"

# build NAME RUSTFLAGS: one target folder a build, so that neither undoes the other.
build() {
  RUSTFLAGS=$2 cargo build --locked --release --manifest-path tests/bench/Cargo.toml --target-dir "target/bench/$1"
}

build portable ""
build native "-C target-cpu=native"
for run in $(seq "${BENCH_RUNS:-5}"); do
  for name in portable native; do
    note "$name, process $run"
    "target/bench/$name/release/alpha-kite-bench" measure "$@" >"$results/$name-$run.tsv"
  done
done
target/bench/portable/release/alpha-kite-bench report "$results"/*.tsv | tee target/bench/core.md

scripts/setup/postgres.sh
cargo bench --locked --package alpha-kite --bench replay | tee target/bench/replay.md

# A service in Python is measured beside the program where its packages can be had.
peer=$cache/bench-live
if python3 -m venv "$peer" &&
  quietly "$cache/log/bench-live.log" "$peer/bin/pip" install --quiet --disable-pip-version-check \
    --requirement tests/bench-live/requirements.txt; then
  export ALPHA_KITE_PEER_PYTHON=$peer/bin/python
else
  note "the service in Python is left out: its packages cannot be installed"
fi
cargo bench --locked --package alpha-kite --bench live | tee target/bench/live.md
