#!/usr/bin/env bash
# Tests the dashboard as built: types, vitest, and in Chromium over a server of made-up rows. With ALPHA_KITE_URL, the address of a running
# `alpha-kite demo`, the page that it serves is tested too, or alone with `demo` as argument. Screenshots are in dashboard/test-results.
. "$(dirname "$0")/lib.sh"

# The number of a state in Playwright's report.
count_of() { node -p "require('./test-results/report.json').stats.$1"; }

# browser PROJECT…: runs Playwright's projects and adds what they counted.
browser() {
  npx playwright test "${@/#/--project=}" || status=$?
  passed=$((passed + $(count_of expected) + $(count_of flaky)))
  failed=$((failed + $(count_of unexpected)))
}

scripts/build-dashboard.sh
# The same page as made for a static host. The test that serves it puts the address of its own server in place of this one.
if [ "${1:-}" != demo ]; then
  NEXT_PUBLIC_SUPABASE_URL=http://supabase.invalid NEXT_PUBLIC_SUPABASE_ANON_KEY=anon scripts/build-dashboard.sh out-supabase
fi
cd dashboard
passed=0
failed=0
status=0
if [ "${1:-}" != demo ]; then
  npx tsc --noEmit
  results=$root/target/vitest-dashboard.json
  npx vitest run --reporter=default --reporter=json --outputFile.json="$results" || status=$?
  passed=$(node -p "require('$results').numPassedTests")
  failed=$(node -p "require('$results').numFailedTests")
  browser page
fi
[ -z "${ALPHA_KITE_URL:-}" ] || browser demo
echo "$passed passed, $failed failed"
exit $status
