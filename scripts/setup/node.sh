#!/usr/bin/env bash
# Node and npm, for the TypeScript package.
. "$(dirname "$0")/../lib.sh"

has node && has npm || fail "no Node: install Node 20.16 or newer (https://nodejs.org), then run this again"
node -e 'process.exit(process.getBuiltinModule ? 0 : 1)' || fail "Node $(node --version) is too old, 20.16 or newer is needed"
note "Node $(node --version), npm $(npm --version 2>/dev/null)"
