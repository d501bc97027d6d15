/** Runs a task soon, once for however many calls. */
export interface Scheduler {
  request(): void;
  /** Forgets what was requested. */
  stop(): void;
}

/** A task that runs in an animation frame, and no sooner than `gapMs` after the last one began. In a hidden page it waits. */
export function frameScheduler(task: () => void, gapMs: number): Scheduler {
  let requested = false;
  let frame = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let last = Number.NEGATIVE_INFINITY;
  const run = (): void => {
    requested = false;
    last = performance.now();
    task();
  };
  return {
    request() {
      if (requested) return;
      requested = true;
      const wait = last + gapMs - performance.now();
      const inFrame = () => {
        frame = requestAnimationFrame(run);
      };
      if (wait > 0) timer = setTimeout(inFrame, wait);
      else inFrame();
    },
    stop() {
      cancelAnimationFrame(frame);
      clearTimeout(timer);
      requested = false;
    },
  };
}
