#!/usr/bin/env bash
# Runs days full of faults, on SQLite and on PostgreSQL at once, from a seed that it prints.
# CHAOS_SEEDS (default 4) is the number of days for each database, CHAOS_SEED (default: random) the first one's seed; no day
# begins after CHAOS_SECONDS (default 300). Before them the program itself is killed CHAOS_KILLS (default 50) times.
. "$(dirname "$0")/lib.sh"

export CHAOS_SEEDS="${CHAOS_SEEDS:-4}" CHAOS_SEED="${CHAOS_SEED:-$((RANDOM * 32768 + RANDOM))}"
export CHAOS_SECONDS="${CHAOS_SECONDS:-300}" CHAOS_KILLS="${CHAOS_KILLS:-50}"
note "CHAOS_SEED=$CHAOS_SEED CHAOS_SEEDS=$CHAOS_SEEDS CHAOS_SECONDS=$CHAOS_SECONDS CHAOS_KILLS=$CHAOS_KILLS"
cargo test --locked --quiet -p alpha-kite --test process -- --nocapture
cargo test --locked --quiet -p alpha-kite --test chaos -- --nocapture
