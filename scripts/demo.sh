#!/usr/bin/env bash
# Builds the program and shows it at work on a made-up session, in a database of its own.
. "$(dirname "$0")/lib.sh"
cd "$root"

scripts/setup/base.sh
cargo build --locked --release --package alpha-kite
exec target/release/alpha-kite demo
