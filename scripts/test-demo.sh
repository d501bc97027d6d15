#!/usr/bin/env bash
# Runs `alpha-kite demo` as it was built, tests the page that it serves in Chromium, ends it, and requires that it verifies what it stored.
. "$(dirname "$0")/lib.sh"

out=$(mktemp)
folder=$(mktemp -d)
# With the pages as they are now, and built as for the tests, with the features that those switch on: after them there is nothing to compile.
cargo test --locked --quiet --workspace --no-run
# This market crosses soon, hours before its close.
target/debug/alpha-kite demo --port 0 --speed 60 --seed 1 --date 2026-11-20 --at 12:50 --dir "$folder/demo" >"$out" 2>&1 </dev/null &
demo=$!
trap 'kill "$demo" 2>/dev/null || true; rm -rf "$out" "$folder"' EXIT

for _ in $(seq 200); do
  url=$(sed -n 's/^  dashboard  //p' "$out")
  [ -z "$url" ] || break
  kill -0 "$demo" 2>/dev/null || break
  sleep 0.1
done
[ -n "$url" ] || {
  cat "$out" >&2
  fail "the demo did not start"
}

status=0
ALPHA_KITE_URL=$url ALPHA_KITE_DATABASE=$folder/demo/demo.db scripts/test-dashboard.sh demo || status=$?
kill -TERM "$demo"
if ! wait "$demo"; then
  cat "$out" >&2
  fail "the demo did not verify what it stored"
fi
grep '  equal$' "$out"
exit $status
