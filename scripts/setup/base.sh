#!/usr/bin/env bash
# The tools that every build needs: Rust with rustfmt and clippy, a C compiler, Python 3.
. "$(dirname "$0")/../lib.sh"

has cargo || fail "no cargo: install Rust with rustup (https://rustup.rs), then run this again"

wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' "$root/Cargo.toml")
found=$(rustc --version | cut -d' ' -f2)
oldest=$(printf '%s\n%s\n' "$wanted" "${found%%-*}" | sort -V | head -n 1)
[ "$oldest" = "$wanted" ] || fail "Rust $found is too old, $wanted is needed: run 'rustup update stable'"

for tool in rustfmt clippy; do
  has "cargo-${tool/rustfmt/fmt}" && "cargo-${tool/rustfmt/fmt}" --version >/dev/null 2>&1 && continue
  has rustup || fail "no $tool for $(rustc --version): install it beside your Rust compiler"
  note "adding $tool"
  quietly "$cache/log/rustup.log" rustup component add "$tool"
done

missing=()
has cc || missing+=(build-essential)
has python3 || missing+=(python3)
if [ ${#missing[@]} -gt 0 ]; then
  can_install || fail "needs a C compiler (cc) and python3 on PATH"
  note "installing ${missing[*]}"
  apt_install "${missing[@]}"
fi
note "Rust $found, $(cc --version | head -n 1), $(python3 --version)"
