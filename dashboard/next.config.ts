import { resolve } from "node:path";
import type { NextConfig } from "next";
import { PHASE_DEVELOPMENT_SERVER } from "next/constants";

const shared: NextConfig = {
  poweredByHeader: false,
  reactStrictMode: true,
  turbopack: { root: resolve(import.meta.dirname) },
};

/** One page of static files: served by the `alpha-kite` program, or by any static host with Supabase as its source. */
export default function config(phase: string): NextConfig {
  if (phase !== PHASE_DEVELOPMENT_SERVER) return { ...shared, output: "export", distDir: process.env.PAGES ?? "out" };
  // While developing, the API is that of a program that runs beside.
  const server = process.env.ALPHA_KITE_URL ?? "http://127.0.0.1:8787";
  return { ...shared, rewrites: async () => [{ source: "/v1/:path*", destination: `${server}/v1/:path*` }] };
}
