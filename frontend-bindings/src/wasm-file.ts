/**
 * Where the wasm file is, for ES modules. Bundlers read the first line: they copy the file and put in its address.
 */
export const asset = (): URL => new URL("../alpha_kite_bg.wasm", import.meta.url);

/**
 * The same beside this module on disk. Written so that bundlers for a server, which would put in the address of the
 * copy that a browser fetches, leave it alone.
 */
export const besideModule = (): string | URL => {
  const here = import.meta.url;
  return new URL("../alpha_kite_bg.wasm", here);
};

/**
 * Where Vite's development server (before version 8) has the file when it has moved this module into its folder of prepared
 * dependencies, and left the file behind.
 */
export const unmoved = (): URL | undefined => {
  const here = import.meta.url;
  const [root, moved] = here.split("/.vite/");
  return moved === undefined ? undefined : new URL(`${root}/@alpha-kite/indicators/dist/alpha_kite_bg.wasm`);
};
