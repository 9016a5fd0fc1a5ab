import type { StateEntry, StateOwner, StateStore } from '../state-store.ts';
import type { ReadOperations, StatePlace, WriteOperations } from './operations.ts';
import type { StateRow } from './state-entries.ts';
import type { CallOptions, WorkerPool } from './worker-pool.ts';

/** The port StateStore over reading threads and the writing one. */
export function createStateStore(
  reader: WorkerPool<ReadOperations>,
  writer: WorkerPool<WriteOperations>,
): StateStore {
  return {
    async get(owner, collection, key) {
      const row = await reader.call('getState', [placeOf(owner), collection, key], turnOf(owner));
      return row && toEntry(row, tenantOf(owner));
    },

    async put(owner, collection, key, value, expected) {
      const json = JSON.stringify(value) ?? 'null';
      return writer.call('putState', [placeOf(owner), collection, key, json, expected], turnOf(owner));
    },

    async remove(owner, collection, key) {
      await writer.call('removeState', [placeOf(owner), collection, key], turnOf(owner));
    },

    async removeTenant({ tenantId }) {
      return writer.call('removeTenantState', [tenantId], { affinity: tenantId });
    },

    async list(owner, collection, page) {
      if (owner !== 'all') {
        const rows = await reader.call('listState', [placeOf(owner), collection, page], turnOf(owner));
        return rows.map((row) => toEntry(row, tenantOf(owner)));
      }
      const rows = await reader.call('listAllState', [collection, page]);
      return rows.map((row) => toEntry(row, row.tenantId));
    },
  };
}

function tenantOf(owner: StateOwner): string | undefined {
  return owner === 'system' ? undefined : owner.tenantId;
}

/** What is the installation's own (keys, deletions) waits behind no tenant. */
function turnOf(owner: StateOwner): CallOptions {
  return owner === 'system' ? {} : { affinity: owner.tenantId };
}

function placeOf(owner: StateOwner): StatePlace {
  return owner === 'system' ? owner : { tenantId: owner.tenantId };
}

function toEntry({ key, value, revision }: StateRow, tenantId: string | undefined): StateEntry {
  return { ...(tenantId !== undefined && { tenantId }), key, value: JSON.parse(value), revision };
}
