/** Work took longer than it was given. */
export class TimedOut extends Error {
  readonly timeoutMs: number;

  constructor(timeoutMs: number, options?: ErrorOptions) {
    super(`took longer than ${timeoutMs} ms`, options);
    this.name = 'TimedOut';
    this.timeoutMs = timeoutMs;
  }
}

/**
 * Waits for work no longer than it is given, whether or not the work heeds its signal.
 * @throws {TimedOut} when the time is over; the caller's own reason when `signal` is aborted first
 */
export async function withinTime<T>(
  timeoutMs: number,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  const stop = new AbortController();
  return new Promise<T>((resolve, reject) => {
    const leave = () => {
      stop.abort(signal?.reason);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      const late = new TimedOut(timeoutMs);
      // First, so that what the work makes of the abort comes too late to be the reason.
      reject(late);
      stop.abort(late);
    }, timeoutMs);
    signal?.addEventListener('abort', leave, { once: true });
    work(stop.signal)
      .then(resolve, reject)
      .finally(() => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', leave);
      });
  });
}
