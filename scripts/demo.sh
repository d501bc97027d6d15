#!/usr/bin/env bash
# Builds the program and shows it at work on a made-up session, in a database of its own.
. "$(dirname "$0")/lib.sh"

scripts/setup/base.sh
cargo run --locked --release --package alpha-kite -- demo
