import { setImmediate } from 'node:timers/promises';

/** Lets others run once the caller has had the event loop for `maxMs`. */
export function createPause(maxMs = 20): () => Promise<void> {
  let since = performance.now();
  return async () => {
    if (performance.now() - since < maxMs) return;
    await setImmediate();
    since = performance.now();
  };
}
