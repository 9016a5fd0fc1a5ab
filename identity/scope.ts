import type { Scope } from '../domain/scope.ts';
import { checkTenantId } from '../domain/tenant.ts';

/** Which tenants require an access list on each document. */
export interface TenantPolicy {
  accessRequired(tenantId: string): boolean;
}

/** Makes scopes; nothing outside this folder can. */
export interface ScopeMaker {
  /** A reader of one tenant. @throws {InvalidInput} for a malformed tenant id */
  reader(tenantId: string, principals?: readonly string[]): Scope;
  /** The owner of an indexer or of the data folder: reads each document of the tenant, for listing and writing. */
  operator(tenantId: string): Scope;
}

export function createScopeMaker(policy: TenantPolicy): ScopeMaker {
  const make = (tenantId: string, principals: readonly string[], reach: Scope['reach']): Scope =>
    Object.freeze({
      tenantId: checkTenantId(tenantId),
      principals: Object.freeze([...principals]),
      reach,
      accessRequired: policy.accessRequired(tenantId),
    }) as Scope;
  return {
    reader: (tenantId, principals = []) => make(tenantId, principals, 'principals'),
    operator: (tenantId) => make(tenantId, [], 'operator'),
  };
}
