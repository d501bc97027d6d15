#!/usr/bin/env bash
# Builds the npm package and tests it as built: types, vitest, and the quick ones of the projects that install its tarball.
. "$(dirname "$0")/lib.sh"

scripts/build-bindings.sh
cd frontend-bindings
npx tsc --project test
results=$root/target/vitest.json
status=0
npx vitest run --reporter=default --reporter=json --outputFile.json="$results" || status=$?
node -p "const { numPassedTests, numFailedTests } = require('$results'); numPassedTests + ' passed, ' + numFailedTests + ' failed'"
[ $status = 0 ] || exit $status
node ../tests/consumers/run.js node html vite
