#!/usr/bin/env bash
# Builds the program with its dashboard and runs it on a made-up market, in a database of its own. Arguments go to `alpha-kite demo`.
# The dev profile builds in a third of the time of the release profile, and `make test` uses the same build.
. "$(dirname "$0")/lib.sh"

log=$cache/log/demo.log
mkdir -p "$(dirname "$log")"

# The page needs tools that take minutes to build the first time; the program is compiled meanwhile.
dashboard() {
  scripts/setup/node.sh && scripts/setup/wasm-target.sh && scripts/setup/wasm-pack.sh && scripts/build-dashboard.sh
}

scripts/setup/base.sh
note "building the dashboard (its output is in $log) and the program"
dashboard >"$log" 2>&1 </dev/null &
cargo build --locked --package alpha-kite
if wait $!; then
  # Now with the dashboard in it.
  cargo build --locked --quiet --package alpha-kite
else
  tail -n 5 "$log" >&2
  note "the dashboard could not be built: the demo runs without it" >&2
fi
exec target/debug/alpha-kite demo "$@"
