declare const __dirname: string;

/** Where the wasm file is, for CommonJS: there is no address to fetch from. */
export const asset = (): undefined => undefined;

/** The wasm file beside this module on disk. */
export const besideModule = (): string | URL => `${__dirname}/../alpha_kite_bg.wasm`;

/** CommonJS is not served to browsers as it is. */
export const unmoved = (): undefined => undefined;
