import type { MiddlewareHandler } from 'hono';
import { createTenantTurns } from '../domain/tenant-turns.ts';
import { routeOf } from './authenticate.ts';
import type { Environment } from './environment.ts';
import { limitTenantRate } from './rate-limit.ts';
import { roleTable } from './role-table.ts';

/** What requests of one kind may take. */
export interface LayerOptions {
  /** Requests served at once, of all tenants; the others wait for their turn. */
  readonly concurrency: number;
  /** Of one tenant. @default all of them */
  readonly tenantConcurrency?: number | undefined;
  /** @default no limit */
  readonly tenantRequestsPerSecond?: number | undefined;
  /** What has waited so long for its turn is answered 503. */
  readonly maxWaitMs: number;
}

/** A kind of request: the role that opens its route. */
export type Layer = 'search' | 'answer' | 'ingest';

/**
 * Limits each kind of request by itself, so that a tenant's answers cannot use up what searches live on. Searches and
 * answers of all tenants take turns; a write waits where documents are taken in (see ingest/fair-ingest.ts).
 */
export function limitLayers(
  options: Readonly<Partial<Record<'search' | 'answer', LayerOptions>>> & {
    readonly ingest?: Pick<LayerOptions, 'tenantRequestsPerSecond'>;
  },
): MiddlewareHandler<Environment> {
  const limits = (['search', 'answer', 'ingest'] as const).map((layer) => {
    const given = options[layer];
    const rate = limitTenantRate(given?.tenantRequestsPerSecond, `of this tenant for ${layer}`);
    const turns = layer === 'ingest' ? undefined : turnsOf(layer, options[layer]);
    return [layer, { rate, turns }] as const;
  });
  const byLayer = new Map<string, (typeof limits)[number][1]>(limits);
  return async (context, next) => {
    const layer = byLayer.get(layerOf(routeOf(context)) ?? '');
    if (layer === undefined) return next();
    const tenantId = context.get('payer');
    await layer.rate(tenantId);
    if (layer.turns === undefined) return next();
    const leave = await layer.turns.enter(tenantId, context.req.raw.signal);
    try {
      await next();
    } finally {
      // A stream, or a search past its deadline, keeps its place until it has ended.
      void Promise.allSettled(context.get('remaining')).then(leave);
    }
  };
}

function turnsOf(layer: string, options: LayerOptions | undefined) {
  if (options === undefined) return undefined;
  const { concurrency, tenantConcurrency, maxWaitMs } = options;
  const what = layer === 'search' ? 'searches' : 'answers';
  return createTenantTurns({ atOnce: concurrency, tenantAtOnce: tenantConcurrency, maxWaitMs, what });
}

function layerOf(route: string | undefined): string | undefined {
  const requirement = route !== undefined && Object.hasOwn(roleTable, route) ? roleTable[route] : undefined;
  return requirement === undefined || requirement === 'public' ? undefined : requirement[0];
}
