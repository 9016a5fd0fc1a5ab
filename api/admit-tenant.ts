import type { MiddlewareHandler } from 'hono';
import { Overloaded } from '../domain/errors.ts';
import type { Environment } from './environment.ts';

/**
 * Keeps a share of the places for everyone: of one tenant no more than `concurrency` requests are served at once, and
 * what it asks for beyond them is answered 503. Stands behind `admit`, whose list of remaining work it watches too.
 */
export function admitTenant(concurrency: number): MiddlewareHandler<Environment> {
  const served = new Map<string, number>();
  return async (context, next) => {
    const tenantId = context.get('payer');
    const count = served.get(tenantId) ?? 0;
    if (count >= concurrency) {
      throw new Overloaded(`Cannot serve more than ${concurrency} requests of one tenant at once`, 1);
    }
    served.set(tenantId, count + 1);
    try {
      await next();
    } finally {
      void Promise.allSettled(context.get('remaining')).then(() => {
        const left = (served.get(tenantId) ?? 1) - 1;
        if (left === 0) served.delete(tenantId);
        else served.set(tenantId, left);
      });
    }
  };
}
