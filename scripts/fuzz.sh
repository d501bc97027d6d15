#!/usr/bin/env bash
# Fuzzes each target for a bounded time. Needs a nightly Rust, and installs cargo-fuzz.
# FUZZ_SECONDS (default 60) is the time for each target.
. "$(dirname "$0")/lib.sh"

cargo +nightly --version || fail "needs nightly Rust: run 'rustup toolchain install nightly'"
if ! has cargo-fuzz; then
  note "building cargo-fuzz"
  quietly "$cache/log/cargo-fuzz.log" cargo install --quiet cargo-fuzz
fi
# What is fuzzed has no unsafe code, which is what the address sanitizer is for; it takes minutes more to build with.
for target in $(cargo +nightly fuzz list); do
  cargo +nightly fuzz run --sanitizer none "$target" -- -max_total_time="${FUZZ_SECONDS:-60}" -max_len=16384
done
