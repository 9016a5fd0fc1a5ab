import type { MiddlewareHandler } from 'hono';
import { Overloaded } from '../domain/errors.ts';
import type { Environment } from './environment.ts';

/**
 * Admits as many requests as are served at once, and answers the rest 503 without queueing them.
 *
 * A place is free again when the response is made and what the request left running (a stream, a search past its
 * deadline) has ended, so that work which nobody waits for counts too.
 */
export function admit(concurrency: number): MiddlewareHandler<Environment> {
  let served = 0;
  return async (context, next) => {
    if (context.env?.isClosing?.() === true) {
      context.header('Connection', 'close');
      throw new Overloaded('Cannot serve the request: the server is closing', 5);
    }
    if (served >= concurrency) {
      throw new Overloaded(`Cannot serve more than ${concurrency} requests at once`, 1);
    }
    served += 1;
    const remaining: Promise<unknown>[] = [];
    context.set('remaining', remaining);
    try {
      await next();
    } finally {
      void Promise.allSettled(remaining).then(() => {
        served -= 1;
      });
    }
  };
}
