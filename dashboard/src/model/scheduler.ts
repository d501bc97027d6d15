/** Runs a task soon, once for however many calls. */
export interface Scheduler {
  /** The task runs in the next frame that is at least this many milliseconds after its last run. */
  request(gapMs: number): void;
  /** Forgets what was requested. */
  stop(): void;
}

/** A task that runs in animation frames. In a hidden page it waits. */
export function frameScheduler(task: () => void): Scheduler {
  let frame = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  /** When the task is to run: the least that was asked for. */
  let due = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  const stop = (): void => {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
    due = Number.POSITIVE_INFINITY;
  };
  const run = (): void => {
    due = Number.POSITIVE_INFINITY;
    last = performance.now();
    task();
  };
  return {
    request(gapMs) {
      const wanted = last + gapMs;
      if (wanted >= due) return;
      stop();
      due = wanted;
      const inFrame = () => {
        frame = requestAnimationFrame(run);
      };
      const wait = wanted - performance.now();
      if (wait > 0) timer = setTimeout(inFrame, wait);
      else inFrame();
    },
    stop,
  };
}
