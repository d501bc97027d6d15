#!/usr/bin/env bash
# The targets that the core is built for beside this machine's own: wasm32 for browsers and Node, and a bare Cortex-M3 that
# shows that the core needs no operating system. rustup has them; where it cannot download, Debian's compiler is
# installed beside the other one and the standard library is built for them from its source.
# Source scripts/wasm-env.sh to build with whichever of the two is in use.
. "$(dirname "$0")/../lib.sh"

targets=(wasm32-unknown-unknown thumbv7m-none-eabi)
debian_bin=$cache/debian-rust

# all_compile RUSTC: whether the compiler can use the core library of every target (milliseconds).
all_compile() {
  local rustc=$1 target probe
  probe=$(mktemp -d)
  for target in "${targets[@]}"; do
    "$rustc" --target "$target" --crate-type lib --emit metadata --out-dir "$probe" - \
      <<<'#![no_std] pub fn one() -> Option<u8> { Some(1) }' 2>/dev/null || break
    target=
  done
  rm -r "$probe"
  [ -z "$target" ]
}

# Debian's compiler, under names that can be put first on PATH.
link_debian() {
  local tool
  mkdir -p "$debian_bin"
  for tool in rustc cargo rustdoc; do ln -sf "/usr/bin/$tool" "$debian_bin/$tool"; done
}

# build_std TARGET CRATES: builds a standard library with Debian's compiler and adds it to its sysroot.
build_std() {
  local target=$1 crates=$2 work sysroot
  work=$(mktemp -d)
  sysroot=$(/usr/bin/rustc --print sysroot)/lib/rustlib/$target/lib
  mkdir "$work/src"
  printf '[package]\nname = "empty"\nversion = "0.0.0"\nedition = "2024"\n[lib]\n[workspace]\n' >"$work/Cargo.toml"
  echo '#![no_std]' >"$work/src/lib.rs"
  # Bitcode is embedded because link-time optimisation of the wasm build reads it.
  quietly "$cache/log/wasm-target.log" env -u RUSTUP_TOOLCHAIN RUSTC_BOOTSTRAP=1 PATH="$debian_bin:$PATH" RUSTFLAGS=-Cembed-bitcode=yes \
    CARGO_TARGET_DIR="$work/target" \
    cargo build --release --manifest-path "$work/Cargo.toml" --target "$target" -Zbuild-std="$crates"
  rm "$work/target/$target/release/deps/libempty"*
  as_root mkdir -p "$sysroot"
  as_root cp "$work/target/$target/release/deps/"*.rlib "$sysroot/"
  rm -r "$work"
}

if all_compile rustc; then
  note "$(rustc --version) has ${targets[*]}"
  exit
fi
if [ -x "$debian_bin/rustc" ] && all_compile "$debian_bin/rustc"; then
  note "Debian's $("$debian_bin/rustc" --version) has ${targets[*]}"
  exit
fi

if has rustup; then
  note "asking rustup for ${targets[*]}"
  if quietly "$cache/log/rustup.log" timeout 120 rustup target add "${targets[@]}" && all_compile rustc; then
    note "$(rustc --version) has ${targets[*]}"
    exit
  fi
  note "rustup could not download them"
fi

can_install || fail "needs a Rust compiler with the targets ${targets[*]} ('rustup target add ${targets[*]}')"
note "installing Debian's compiler and building the standard library for ${targets[*]} (two minutes)"
apt_install rustc-web cargo-web rust-web-src lld-22
link_debian
build_std wasm32-unknown-unknown std,panic_abort,test
build_std thumbv7m-none-eabi core,alloc
all_compile "$debian_bin/rustc" || fail "Debian's compiler does not accept the standard library that was built for it"
note "Debian's $("$debian_bin/rustc" --version) has ${targets[*]}"
