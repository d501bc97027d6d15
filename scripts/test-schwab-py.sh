#!/usr/bin/env bash
# Runs schwab-py, a Schwab client that others wrote, against `alpha-kite simulate`. Needs Python 3.10 or later and PyPI.
. "$(dirname "$0")/lib.sh"

work=$(mktemp -d)
simulator=
cleanup() {
  [ -z "$simulator" ] || kill "$simulator" 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT

cargo build --locked -p alpha-kite
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check schwab-py==1.5.1

target/debug/alpha-kite simulate --speed 30 --market-time 2026-10-05T10:00:00-04:00 >"$work/ready" &
simulator=$!
for _ in $(seq 100); do
  [ ! -s "$work/ready" ] || break
  sleep 0.1
done
"$work/venv/bin/python" -W ignore tests/third_party/schwab_py_client.py "$(cat "$work/ready")"
