#!/usr/bin/env bash
# Builds the program and shows it at work on a made-up session, in a database of its own.
# The dev profile builds in a third of the time of the release profile, and `make test` uses the same build.
. "$(dirname "$0")/lib.sh"

scripts/setup/base.sh
cargo run --locked --package alpha-kite -- demo
printf '\n(`alpha-kite` is target/debug/alpha-kite here; `cargo install --path ingester` puts it on your path.)\n'
