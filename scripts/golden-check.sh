#!/usr/bin/env bash
# Makes the golden files again and compares them with the ones in the repository.
. "$(dirname "$0")/lib.sh"

python3 tests/golden/generate.py --check
