#!/usr/bin/env bash
# Runs every check, the quick ones first, and stops at the first stage that fails.
# The last line is `N passed, N failed`, the sum over all test runs; a failed stage without a failed test counts as one.
. "$(dirname "$0")/lib.sh"

log=$(mktemp)
trap 'rm -f "$log"' EXIT
passed=0
failed=0

# Adds up the closing lines of the test runs in the log: cargo's, and `N passed, N failed` of others.
count() {
  local line
  while read -r line; do
    passed=$((passed + ${line%% *}))
    failed=$((failed + ${line##* }))
  done < <(sed -n -e 's/^test result: .* \([0-9]*\) passed; \([0-9]*\) failed;.*/\1 \2/p' -e 's/^\([0-9]*\) passed, \([0-9]*\) failed$/\1 \2/p' "$log")
}

# stage TITLE COMMAND…: runs one stage under its heading, with its time; ends the script if it fails.
stage() {
  local title=$1 before=$SECONDS status=0 failed_before=$failed
  shift
  printf '\n==> %s\n' "$title"
  "$@" 2>&1 </dev/null | tee "$log" || status=$?
  count
  printf -- '--- %s: %s, %d s\n' "$title" "$([ $status = 0 ] && echo ok || echo FAILED)" $((SECONDS - before))
  if [ $status != 0 ]; then
    [ "$failed" != "$failed_before" ] || failed=$((failed + 1))
    finish 1
  fi
}

finish() {
  printf '\n%d s in all\n%d passed, %d failed\n' "$SECONDS" "$passed" "$failed"
  exit "$1"
}

[ -t 1 ] && export CARGO_TERM_COLOR=${CARGO_TERM_COLOR:-always}

stage "setup" scripts/setup.sh
stage "lint" scripts/lint.sh
stage "licences" python3 scripts/licences.py
stage "golden files" scripts/golden-check.sh
stage "core by feature" scripts/test-core.sh
stage "core without an operating system" scripts/build-core-bare.sh
stage "wasm in Node and Chromium" scripts/test-wasm.sh
stage "npm package" scripts/test-bindings.sh
stage "dashboard" scripts/test-dashboard.sh
# The program carries the dashboard's pages, so it is built after them.
# Two tests a core: many wait for a clock or a socket.
stage "workspace" env RUST_TEST_THREADS="$(($(nproc) * 2))" cargo test --locked --workspace --no-fail-fast
stage "demo" scripts/test-demo.sh
finish 0
