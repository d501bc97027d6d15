import { createHttpSource } from "./http/source";
import { connectSupabase } from "./supabase/source";
import type { Source } from "./types";

/** The source that the page was built for: Supabase where its address and key were given, else the server that the page came from. */
export async function configuredSource(): Promise<Source> {
  const url = process.env.NEXT_PUBLIC_SUPABASE_URL;
  const key = process.env.NEXT_PUBLIC_SUPABASE_ANON_KEY;
  return url && key ? connectSupabase(url, key) : createHttpSource(`${location.origin}/`);
}
