import type { Context } from 'hono';
import { BraidError } from '../domain/errors.ts';
import type { Environment } from './environment.ts';

/** Bounds the work for one request. */
export interface Deadline {
  /** Aborted when the time is over or the client has left, with the reason as a BraidError. */
  readonly signal: AbortSignal;
  /** Settles as `work` does, or rejects when the signal is aborted, whatever `work` makes of that. */
  bound<T>(work: Promise<T>): Promise<T>;
  /** Aborts because the client left in a way that its signal did not tell. */
  leave(): void;
  /** Stops the clock. */
  clear(): void;
}

/**
 * Starts the clock for one request.
 * @param client aborted when the client leaves
 */
export function startDeadline(timeoutMs: number, client: AbortSignal): Deadline {
  const controller = new AbortController();
  const timer = setTimeout(() => {
    controller.abort(
      new BraidError('deadline_exceeded', `Cannot complete the request within ${timeoutMs} ms`),
    );
  }, timeoutMs);
  const leave = () => {
    controller.abort(new BraidError('client_closed', 'Cannot complete the request: the client left'));
  };
  if (client.aborted) leave();
  else client.addEventListener('abort', leave, { once: true });
  const aborted = new Promise<never>((_, reject) => {
    const fail = () => reject(controller.signal.reason);
    if (controller.signal.aborted) fail();
    else controller.signal.addEventListener('abort', fail, { once: true });
  });
  // Whoever is bound sees the rejection; without one in flight there is nobody to tell.
  aborted.catch(() => {});
  return {
    signal: controller.signal,
    bound: (work) => Promise.race([aborted, work]),
    leave,
    clear() {
      clearTimeout(timer);
      client.removeEventListener('abort', leave);
    },
  };
}

/**
 * Does `work` within the deadline of its request. Work that goes on after it keeps the request's place among those
 * served at once.
 * @throws {BraidError} `deadline_exceeded`, `client_closed`
 */
export async function withinDeadline<T>(
  context: Context<Environment>,
  timeoutMs: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const deadline = startDeadline(timeoutMs, context.req.raw.signal);
  const running = work(deadline.signal);
  context.get('remaining').push(running);
  try {
    return await deadline.bound(running);
  } finally {
    deadline.clear();
  }
}
