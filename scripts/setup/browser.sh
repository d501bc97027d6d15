#!/usr/bin/env bash
# Chromium and its driver, for the tests that run in a browser.
. "$(dirname "$0")/../lib.sh"

if ! has chromium || ! has chromedriver; then
  can_install || fail "needs chromium and chromedriver (of the same version) on PATH"
  note "installing chromium and its driver"
  apt_install chromium chromium-driver
fi
note "$(dpkg-query -W -f '${Package} ${Version}' chromium 2>/dev/null || chromium --version)"
