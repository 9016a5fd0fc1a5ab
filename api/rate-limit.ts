import type { MiddlewareHandler } from 'hono';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { RateLimited } from '../domain/errors.ts';
import type { Environment } from './environment.ts';
import type { LayerOptions } from './layer-limits.ts';

/** What one tenant and one key may ask for. */
export interface LimitOptions {
  /** Requests a second of one tenant. @default no limit */
  readonly tenantRequestsPerSecond?: number | undefined;
  /** Requests a second of one key, or one token's subject. @default no limit */
  readonly keyRequestsPerSecond?: number | undefined;
  /** Requests of one tenant that are served at once. @default those of the server */
  readonly tenantConcurrency?: number | undefined;
  /** Of each kind of request by itself. @default none */
  readonly search?: LayerOptions;
  readonly answer?: LayerOptions;
  readonly ingest?: Pick<LayerOptions, 'tenantRequestsPerSecond'>;
}

/**
 * Counts requests in this process, over windows of one second, and refuses what is too many with the time to wait.
 * Stands behind authentication, so that nobody can use up the share of another.
 */
export function limitRate(options: LimitOptions): MiddlewareHandler<Environment> {
  const ofTenant = limitTenantRate(options.tenantRequestsPerSecond, 'of this tenant');
  const ofKey = limiterOf(options.keyRequestsPerSecond);
  return async (context, next) => {
    const identity = context.get('identity');
    const tenantId = identity?.scope.tenantId ?? context.req.header('x-braid-tenant') ?? 'default';
    context.set('payer', tenantId);
    // The key first: what it is refused must not count against its tenant.
    if (identity !== undefined) {
      const key = JSON.stringify([identity.kind, tenantId, identity.subject]);
      await ofKey?.consume(key).catch(refuse('of this key'));
    }
    await ofTenant(tenantId);
    await next();
  };
}

/** Makes a limit of requests a second of one tenant. The promise rejects with {RateLimited}. */
export function limitTenantRate(
  perSecond: number | undefined,
  whose: string,
): (tenantId: string) => Promise<void> {
  const limiter = limiterOf(perSecond);
  return async (tenantId) => {
    await limiter?.consume(tenantId).catch(refuse(whose));
  };
}

function limiterOf(perSecond: number | undefined): RateLimiterMemory | undefined {
  return perSecond === undefined ? undefined : new RateLimiterMemory({ points: perSecond, duration: 1 });
}

function refuse(whose: string): (reason: unknown) => never {
  return (reason) => {
    if (!(reason instanceof RateLimiterRes)) throw reason;
    throw new RateLimited(
      `Cannot serve more requests ${whose} in this second`,
      Math.max(1, Math.ceil(reason.msBeforeNext / 1000)),
    );
  };
}
