#!/usr/bin/env bash
# Builds the WebAssembly module and its JavaScript into frontend-bindings/src/wasm/, which is generated and not in git.
# Does nothing if what it is built from has not changed since.
. "$(dirname "$0")/lib.sh"

out=$root/frontend-bindings/src/wasm
stamp=$root/target/wasm/package.stamp

inputs=$(find core/src wasm/src wasm/js core/Cargo.toml wasm/Cargo.toml Cargo.toml Cargo.lock .cargo scripts/wasm-build.sh scripts/versions.sh \
  -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum)
if [ -f "$out/alpha_kite_wasm_bg.wasm" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$inputs" ]; then
  note "frontend-bindings/src/wasm is up to date"
  exit
fi

. scripts/wasm-env.sh
rm -f "$stamp"
note "building frontend-bindings/src/wasm"
quietly "$cache/log/wasm-build.log" wasm-pack build wasm --release --target web --no-pack --mode no-install --out-dir "$out" \
  --out-name alpha_kite_wasm_bindings --features standalone
# The generated JavaScript is not needed: nothing but numbers crosses the border.
mv "$out/alpha_kite_wasm_bindings_bg.wasm" "$out/alpha_kite_wasm_bg.wasm"
rm "$out/alpha_kite_wasm_bindings.js" "$out/alpha_kite_wasm_bindings.d.ts"
cp wasm/js/alpha_kite_wasm.ts "$out/"
mkdir -p "$(dirname "$stamp")"
echo "$inputs" >"$stamp"
note "$(wc -c <"$out/alpha_kite_wasm_bg.wasm") bytes of WebAssembly, $(gzip -9 -c "$out/alpha_kite_wasm_bg.wasm" | wc -c) gzipped"
