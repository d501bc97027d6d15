/** How often the page looks whether it slept, and how long a look that comes late tells of. */
const LOOK_MS = 1_000;
const SLEPT_MS = 5_000;

/** Calls `wake` when the page was asleep, hidden or without a network and no longer is; returns how to stop that. */
export function onWake(wake: () => void): () => void {
  let last = Date.now();
  const look = setInterval(() => {
    const now = Date.now();
    if (now - last > SLEPT_MS && document.visibilityState === "visible") wake();
    last = now;
  }, LOOK_MS);
  const visible = (): void => {
    if (document.visibilityState === "visible") wake();
  };
  const shown = (event: PageTransitionEvent): void => {
    if (event.persisted) wake();
  };
  document.addEventListener("visibilitychange", visible);
  document.addEventListener("resume", visible);
  window.addEventListener("online", wake);
  // The stream is opened anew, which fails at once: the page then says that it is offline.
  window.addEventListener("offline", wake);
  window.addEventListener("pageshow", shown);
  return () => {
    clearInterval(look);
    document.removeEventListener("visibilitychange", visible);
    document.removeEventListener("resume", visible);
    window.removeEventListener("online", wake);
    window.removeEventListener("offline", wake);
    window.removeEventListener("pageshow", shown);
  };
}
