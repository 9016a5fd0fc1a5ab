import type { DocumentStore } from '../search-engine/document-store.ts';
import type { StateStore } from '../search-engine/state-store.ts';
import type { TenantDeletions } from './tenant-deletion.ts';

type Guard = Pick<TenantDeletions, 'requireWritable'>;

/** The same store, which refuses writes to a tenant that is being deleted, or was since they began. @throws {TenantDeleting} */
export function guardDocuments(documents: DocumentStore, guard: Guard): DocumentStore {
  return {
    ...documents,
    async replace(scope, write) {
      await guard.requireWritable(scope.tenantId, write.life);
      await documents.replace(scope, write);
    },
    ...(documents.forget !== undefined && {
      async forget(scope, documentId, expected) {
        await guard.requireWritable(scope.tenantId);
        await documents.forget?.(scope, documentId, expected);
      },
    }),
  };
}

/** The same for a tenant's state; the installation's own is always writable. */
export function guardState(state: StateStore, guard: Guard): StateStore {
  return {
    ...state,
    async put(owner, collection, key, value, expected) {
      if (owner !== 'system') await guard.requireWritable(owner.tenantId);
      return state.put(owner, collection, key, value, expected);
    },
  };
}
