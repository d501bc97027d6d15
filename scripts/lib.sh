# shellcheck shell=bash
# Shell functions that the scripts share. Source it from bash:
#   . "$(dirname "$0")/lib.sh"
# It sets `root` (the checkout) and goes there, and `cache` (what is kept on this machine for the next run of any checkout).

set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/alpha-kite
cd "$root"

# note TEXT: says what a script does, under the script's own name.
note() { printf '%s: %s\n' "$(basename "$0" .sh)" "$*"; }

# fail TEXT: says why the script cannot go on, and ends it.
fail() {
  note "$*" >&2
  exit 1
}

has() { command -v "$1" >/dev/null 2>&1; }

# as_root COMMAND…: runs it as root, directly or through sudo.
as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# can_install: whether Debian packages can be installed here.
can_install() { has apt-get && { [ "$(id -u)" = 0 ] || has sudo; }; }

# quietly LOG COMMAND…: keeps the output in LOG and shows its end only if the command fails.
quietly() {
  local log=$1
  shift
  mkdir -p "$(dirname "$log")"
  "$@" >>"$log" 2>&1 </dev/null || {
    tail -n 20 "$log" >&2
    note "failed: $*; all of its output is in $log" >&2
    return 1
  }
}

# apt_install PACKAGE…: installs Debian packages; refreshes the package lists only if that is needed.
apt_install() {
  local log=$cache/log/apt.log
  local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300)
  mkdir -p "$(dirname "$log")"
  as_root "${apt[@]}" install --no-install-recommends "$@" >"$log" 2>&1 </dev/null && return
  quietly "$log" as_root "${apt[@]}" update
  quietly "$log" as_root "${apt[@]}" install --no-install-recommends "$@"
}

# locked_version CRATE: the version in Cargo.lock, or nothing if it is not there.
locked_version() {
  awk -v name="\"$1\"" '$3 == name { getline; gsub(/"/, "", $3); print $3; exit }' "$root/Cargo.lock"
}

# tool_dir NAME VERSION: where a tool that setup built is kept; its programs are in `bin` there.
tool_dir() { echo "$cache/tools/$1-$2"; }

# npm_ci FOLDER: installs what the folder's lock file says, unless that is done.
npm_ci() {
  local lock=$1/package-lock.json done=$1/node_modules/.alpha-kite-lock
  cmp -s "$lock" "$done" && return
  note "installing npm packages in $1"
  quietly "$cache/log/npm.log" npm --prefix "$1" ci --no-audit --no-fund
  cp "$lock" "$done"
}
