#!/usr/bin/env bash
# Runs every benchmark. Leave the machine otherwise idle.
. "$(dirname "$0")/lib.sh"

scripts/setup/base.sh
scripts/setup/postgres.sh
cargo bench --locked --workspace
