#!/usr/bin/env bash
# Builds the dashboard into dashboard/out, static files that `cargo build` puts into the program: npm packages, the npm package of this
# workspace as built, then the pages. Does nothing if what they are built from has not changed since.
# NEXT_PUBLIC_SUPABASE_URL and NEXT_PUBLIC_SUPABASE_ANON_KEY make pages that read Supabase instead. An argument names another folder in dashboard.
. "$(dirname "$0")/lib.sh"

export NEXT_TELEMETRY_DISABLED=1 PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1
export PAGES=${1:-out}
out=$root/dashboard/$PAGES
stamp=$root/target/dashboard-$PAGES.stamp

scripts/build-bindings.sh
npm_ci dashboard

# npm copied the package when it was installed; this is the one that was built now.
package=$root/dashboard/node_modules/@alpha-kite/indicators
rm -rf "$package"
mkdir -p "$package"
cp -R frontend-bindings/{dist,package.json,README.md} "$package"

inputs=$(
  {
    echo "${NEXT_PUBLIC_SUPABASE_URL:-} ${NEXT_PUBLIC_SUPABASE_ANON_KEY:-}"
    find dashboard/src dashboard/public dashboard/*.json dashboard/*.config.* "$package/dist" -type f -not -name '*.tsbuildinfo' -print0 |
      sort -z | xargs -0 sha256sum
  } | sha256sum
)
if [ -f "$out/index.html" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$inputs" ]; then
  note "dashboard/$PAGES is up to date"
  exit
fi

rm -f "$stamp"
note "building dashboard/$PAGES"
(cd dashboard && quietly "$cache/log/build-dashboard.log" npx next build)
mkdir -p "$(dirname "$stamp")"
echo "$inputs" >"$stamp"
note "$(find "$out/_next" -name '*.js' -exec gzip -9 -c {} + | wc -c) bytes of JavaScript, gzipped, in all parts"
