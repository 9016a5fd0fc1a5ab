import type { TenantTurns } from '../domain/tenant-turns.ts';
import type { Ingest } from './ingest.ts';

/**
 * The same ingest, in which the documents of all tenants take turns, wherever they come from: requests, jobs, feeds,
 * sources. So one tenant's replay keeps another's single document waiting for one of its documents, not for all of them.
 */
export function createFairIngest(ingest: Ingest, turns: TenantTurns): Ingest {
  return (scope, change, ifVersion, signal, pin) =>
    turns.run(scope.tenantId, () => ingest(scope, change, ifVersion, signal, pin), signal);
}
