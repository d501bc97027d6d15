import { useEffect, useState } from "react";

/** Renders again every so many milliseconds, while the page is visible. */
export function useTick(milliseconds: number): void {
  const [, set] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => {
      if (document.visibilityState === "visible") set((count) => count + 1);
    }, milliseconds);
    return () => clearInterval(timer);
  }, [milliseconds]);
}
