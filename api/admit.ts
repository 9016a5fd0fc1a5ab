import type { MiddlewareHandler } from 'hono';
import { Overloaded } from '../domain/errors.ts';
import type { Environment } from './environment.ts';

/**
 * How many places one tenant may take of each that is free: alone it gets three quarters of all, two that flood three
 * sevenths each, and however many there are, some stay free for who comes (dynamic thresholds: Choudhury and Hahne 1998).
 */
const shareOfFree = 3;

/**
 * Admits as many requests as are served at once, and answers the rest 503 without queueing them.
 *
 * A place is free again when the response is made and what the request left running (a stream, a search past its
 * deadline) has ended, so that work which nobody waits for counts too.
 * @param keepsRoom leaves places for other tenants
 */
export function admit(concurrency: number, keepsRoom = false): MiddlewareHandler<Environment> {
  let served = 0;
  const ofTenant = new Map<string, number>();
  return async (context, next) => {
    if (context.env?.isClosing?.() === true) {
      context.header('Connection', 'close');
      throw new Overloaded('Cannot serve the request: the server is closing', 5);
    }
    const tenantId = context.get('payer');
    const own = ofTenant.get(tenantId) ?? 0;
    if (served >= concurrency || (keepsRoom && own >= shareOfFree * (concurrency - served))) {
      const whose = served >= concurrency ? '' : ` of one tenant`;
      throw new Overloaded(
        `Cannot serve more than ${served >= concurrency ? served : own} requests${whose} at once`,
        1,
      );
    }
    served += 1;
    ofTenant.set(tenantId, own + 1);
    const remaining: Promise<unknown>[] = [];
    context.set('remaining', remaining);
    try {
      await next();
    } finally {
      void Promise.allSettled(remaining).then(() => {
        served -= 1;
        const left = (ofTenant.get(tenantId) ?? 1) - 1;
        if (left === 0) ofTenant.delete(tenantId);
        else ofTenant.set(tenantId, left);
      });
    }
  };
}
