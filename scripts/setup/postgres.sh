#!/usr/bin/env bash
# PostgreSQL's server programs and pgbouncer, for tests that start their own throw-away servers.
# No cluster is made and no service is left running or enabled.
. "$(dirname "$0")/../lib.sh"

# The folder with initdb, postgres and pg_ctl.
server_dir() {
  local dir
  for dir in $(printf '%s\n' /usr/lib/postgresql/*/bin | sort -rV) $(tr ':' ' ' <<<"$PATH"); do
    [ -x "$dir/initdb" ] && [ -x "$dir/postgres" ] && [ -x "$dir/pg_ctl" ] && echo "$dir" && return
  done
  return 1
}
pooler() { PATH=$PATH:/usr/sbin command -v pgbouncer; }

# Installs packages while Debian's own hooks may neither create a cluster nor start a service.
install_without_services() {
  local cluster=/etc/postgresql-common/createcluster.d/alpha-kite-setup.conf policy=/usr/sbin/policy-rc.d undo
  undo="rm -f $cluster"
  as_root sh -c "mkdir -p ${cluster%/*} && echo 'create_main_cluster = false' >$cluster"
  if [ ! -e $policy ]; then
    as_root sh -c "printf '#!/bin/sh\nexit 101\n' >$policy && chmod 755 $policy"
    undo="$undo $policy"
  fi
  # shellcheck disable=SC2064 # the list is complete here
  trap "as_root $undo" EXIT
  apt_install "$@"
  if [[ " $* " == *" pgbouncer "* ]] && has systemctl; then
    quietly "$cache/log/apt.log" as_root systemctl disable pgbouncer
  fi
}

missing=()
server_dir >/dev/null || missing+=(postgresql)
pooler >/dev/null || missing+=(pgbouncer)
if [ ${#missing[@]} -gt 0 ]; then
  can_install || fail "needs on PATH: initdb, postgres and pg_ctl (PostgreSQL 15 or later), and pgbouncer"
  note "installing ${missing[*]}"
  install_without_services "${missing[@]}"
fi
note "$("$(server_dir)/postgres" --version), $("$(pooler)" --version | head -n 1)"
