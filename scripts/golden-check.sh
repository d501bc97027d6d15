#!/usr/bin/env bash
# Makes the golden files again, in memory, and compares them with the ones in the repository.
. "$(dirname "$0")/lib.sh"
cd "$root"

python3 tests/golden/generate.py --check
