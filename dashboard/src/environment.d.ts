// Read when the page is built; `next build` puts the values in their places.
declare namespace NodeJS {
  interface ProcessEnv {
    /** Address and public key of the Supabase project to read from. */
    readonly NEXT_PUBLIC_SUPABASE_URL?: string;
    readonly NEXT_PUBLIC_SUPABASE_ANON_KEY?: string;
  }
}
