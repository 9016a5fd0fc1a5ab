import type { Context, MiddlewareHandler } from 'hono';
import { matchedRoutes } from 'hono/route';
import { BraidError } from '../domain/errors.ts';
import type { Scope } from '../domain/scope.ts';
import { checkTenantId } from '../domain/tenant.ts';
import type { AuditLog } from '../identity/audit-log.ts';
import type { Authenticator, Identity } from '../identity/identity.ts';
import type { ApiOptions, Environment } from './environment.ts';
import { isMiddleware, type Requirement, roleTable, routeName } from './role-table.ts';

/** How requests are let in, where authentication is configured. */
export interface AuthenticationOptions {
  readonly authenticator: Authenticator;
  readonly audit?: AuditLog;
}

/**
 * Lets in who has a role that the route asks for, and tells the request who that is. Stands before every route, so that
 * none can forget it: a route without a row in the table is refused here too.
 */
export function authenticate({
  authenticator,
  audit,
}: AuthenticationOptions): MiddlewareHandler<Environment> {
  return async (context, next) => {
    const route = routeOf(context);
    // What is no route answers 404 to everyone, and tells nobody anything.
    const requirement = route === undefined ? 'public' : requirementOf(route);
    if (requirement === 'public') return next();
    const identity = await authenticator.authenticate(credentialOf(context));
    context.set('identity', identity);
    context.set('tenantId', identity.scope.tenantId);
    try {
      requireTenant(context, identity);
      requireRole(identity, requirement);
    } catch (error) {
      audit?.act(actOf(identity, `refused ${route}`));
      throw error;
    }
    if (audit?.includesReads) audit.read(actOf(identity, route ?? ''));
    await next();
  };
}

/**
 * The scope of a request: the identity's where there is authentication, else that of the tenant in the header.
 * @throws {BraidError} `unauthenticated` where there is authentication and nobody was let in
 */
export function scopeOf(context: Context<Environment>, options: ApiOptions): Scope {
  const identity = context.get('identity');
  if (identity !== undefined) return identity.scope;
  if (options.authentication !== undefined) throw new BraidError('unauthenticated', 'Expected a credential');
  return options.scopes.reader(tenantOf(context) ?? 'default');
}

/** The name in the role table of the route that a request is for; undefined for what is no route. */
export function routeOf(context: Context<Environment>): string | undefined {
  const route = matchedRoutes(context).find((matched) => !isMiddleware(matched));
  return route === undefined ? undefined : routeName(route);
}

function requirementOf(route: string): Requirement {
  const requirement = Object.hasOwn(roleTable, route) ? roleTable[route] : undefined;
  if (requirement === undefined) throw new BraidError('forbidden', 'Cannot serve a route that has no role');
  return requirement;
}

/** @throws {BraidError} `unauthenticated` for two credentials: which one is meant would be a guess */
function credentialOf(context: Context<Environment>): string | undefined {
  const authorization = context.req.header('authorization');
  const key = context.req.header('x-api-key');
  if (authorization !== undefined && key !== undefined) {
    throw new BraidError('unauthenticated', 'Expected either Authorization or X-API-Key, got both');
  }
  return key === undefined
    ? /^Bearer +([\w.~+/=-]+) *$/i.exec(authorization ?? '')?.[1]
    : /^[\w.~+/=-]+$/.exec(key)?.[0];
}

function tenantOf(context: Context<Environment>): string | undefined {
  const header = context.req.header('x-braid-tenant');
  return header === undefined ? undefined : checkTenantId(header, 'X-Braid-Tenant');
}

function requireTenant(context: Context<Environment>, identity: Identity): void {
  const header = context.req.header('x-braid-tenant');
  if (header === undefined || header === identity.scope.tenantId) return;
  throw new BraidError('forbidden', 'Expected X-Braid-Tenant to be the tenant of the credential, or none');
}

function requireRole(identity: Identity, requirement: Exclude<Requirement, 'public'>): void {
  if (requirement.some((role) => identity.roles.includes(role))) return;
  throw new BraidError('forbidden', `Expected a credential with the role ${requirement.join(' or ')}`);
}

function actOf({ kind, subject, scope }: Identity, action: string) {
  return { actor: `${kind}:${subject}`, tenantId: scope.tenantId, action };
}
