import type { MiddlewareHandler } from 'hono';
import { routePath } from 'hono/route';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { Environment } from './environment.ts';

const knownMethods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** Writes one access line a request and counts it; knows the route, never a query or a document's id. */
export function observeRequest(telemetry: Telemetry): MiddlewareHandler<Environment> {
  return async (context, next) => {
    const started = performance.now();
    await next();
    const milliseconds = performance.now() - started;
    const path = routePath(context, -1);
    // A label's values are bounded, so what callers make up is told as one.
    const route = path === '*' || path === '/*' ? 'unmatched' : path;
    const method = knownMethods.has(context.req.method) ? context.req.method : 'other';
    const status = context.res.status;
    telemetry.stage('request', milliseconds);
    telemetry.count('requests', 1, { method, route, status: String(status) });
    telemetry.log.info(
      {
        requestId: context.get('requestId'),
        method,
        route,
        status,
        milliseconds: Math.round(milliseconds * 10) / 10,
        tenantId: context.get('tenantId'),
        problem: context.get('problem'),
      },
      'Served a request',
    );
  };
}
