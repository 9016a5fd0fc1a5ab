import type { DocumentStore } from '../document-store.ts';
import type { EmbeddingSpace } from './embedding-space.ts';
import { createGroupCommit } from './group-commit.ts';
import type { ReadOperations, WriteOperations } from './operations.ts';
import { packWrite, unpackVectors } from './packed-write.ts';
import type { WorkerPool } from './worker-pool.ts';

/** The port DocumentStore over reading threads and the writing one. */
export function createDocumentStore(
  reader: WorkerPool<ReadOperations>,
  writer: WorkerPool<WriteOperations>,
  { dimensions }: EmbeddingSpace,
): DocumentStore {
  const commit = createGroupCommit(writer);
  return {
    async record({ tenantId }, documentId) {
      return reader.call('record', [tenantId, documentId], { affinity: tenantId });
    },

    async list(scope, page) {
      return reader.call('list', [scope, page], { affinity: scope.tenantId });
    },

    async chunks(scope, documentId) {
      return reader.call('chunks', [scope, documentId], { affinity: scope.tenantId });
    },

    async parents(scope, documentId) {
      return reader.call('parents', [scope, documentId], { affinity: scope.tenantId });
    },

    async vectors({ tenantId }, fingerprints) {
      if (fingerprints.length === 0) return new Map();
      return unpackVectors(await reader.call('vectors', [tenantId, fingerprints], { affinity: tenantId }));
    },

    async replace({ tenantId }, write) {
      await commit(tenantId, packWrite(write, dimensions));
    },

    async forget({ tenantId }, documentId, expected) {
      await writer.call('forget', [tenantId, documentId, expected], { affinity: tenantId });
    },

    /** Each read sees what was committed before it. */
    async refresh() {},

    async removeTenant({ tenantId }) {
      return writer.call('removeTenant', [tenantId], { affinity: tenantId });
    },
  };
}
