import type { Metadata, Viewport } from "next";
import localFont from "next/font/local";
import type { ReactNode } from "react";
import "./globals.css";

const inter = localFont({
  src: "../../node_modules/@fontsource-variable/inter/files/inter-latin-wght-normal.woff2",
  weight: "100 900",
  variable: "--font-inter",
  display: "swap",
});

export const metadata: Metadata = {
  title: "Alpha Kite",
  description:
    "SMA9, session VWAP and their crosses, second by second, with the proof that chart and server agree to the last bit.",
};

export const viewport: Viewport = {
  width: "device-width",
  initialScale: 1,
  themeColor: [
    { media: "(prefers-color-scheme: dark)", color: "#070b14" },
    { media: "(prefers-color-scheme: light)", color: "#eef1f7" },
  ],
};

export default function Layout({ children }: { children: ReactNode }) {
  return (
    <html lang="en" className={inter.variable} data-theme="dark" suppressHydrationWarning>
      <head>
        {/* Before the first paint: the remembered theme, and whether this browser can run the page at all. */}
        <script src="/prepare.js" />
      </head>
      <body>
        <div className="old-browser" role="alert" data-testid="state-old-browser">
          <p style={{ margin: "4rem auto", maxWidth: "32rem", padding: "0 1rem", lineHeight: 1.6 }}>
            This browser is too old for Alpha Kite: it lacks WebAssembly with vector instructions. Chrome and Edge 91,
            Firefox 89 and Safari 16.4 have it, and everything newer.
          </p>
        </div>
        <noscript>
          <p style={{ margin: "4rem auto", maxWidth: "32rem", padding: "0 1rem" }}>
            Alpha Kite computes its chart in the browser and needs JavaScript.
          </p>
        </noscript>
        <div className="page">{children}</div>
      </body>
    </html>
  );
}
