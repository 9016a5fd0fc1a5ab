import type { Scope } from '../domain/scope.ts';

/** Tells one source of one tenant from all others. */
export function sourceKey({ tenantId }: Scope, source: string): string {
  return `${tenantId}\0${source}`;
}

/** Tells one document of one tenant from all others. */
export function documentKey({ tenantId }: Scope, documentId: string): string {
  return `${tenantId}\0${documentId}`;
}
