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
    const tenant = context.get('tenantId');
    if (tenant !== undefined) telemetry.count('tenant_requests', 1, { tenant, outcome: outcomeOf(status) });
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

/** Too few of `served` beside `limited` is a tenant above its rate; `shed` tells that the server itself had enough. */
function outcomeOf(status: number): string {
  if (status === 429) return 'limited';
  if (status === 503) return 'shed';
  if (status >= 500) return 'failed';
  return status >= 400 ? 'refused' : 'served';
}
