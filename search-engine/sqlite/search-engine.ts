import { EngineMismatch } from '../../domain/errors.ts';
import type { SearchEngine } from '../search-engine.ts';
import type { EmbeddingSpace } from './embedding-space.ts';
import type { ReadOperations } from './operations.ts';
import type { ReadInPlace } from './read-in-place.ts';
import { isShortFetch, isShortFind } from './short-read.ts';
import type { WorkerPool } from './worker-pool.ts';

/** The port SearchEngine: what is short is read in place, everything else in reading threads. */
export function createSearchEngine(
  reader: WorkerPool<ReadOperations>,
  inPlace: ReadInPlace,
  { dimensions }: EmbeddingSpace,
): SearchEngine {
  return {
    async find(scope, query, signal) {
      const affinity = scope.tenantId;
      const { dense } = query;
      if (dense !== undefined && dense.vector.length !== dimensions) {
        throw new EngineMismatch(
          `Cannot search: embedding has ${dense.vector.length} dimensions, expected ${dimensions}`,
        );
      }
      signal?.throwIfAborted();
      const found = isShortFind(query) ? inPlace.try(({ find }) => find(scope, query)) : undefined;
      if (found !== undefined) return found;
      if (dense === undefined) return reader.call('find', [scope, query], { signal, affinity });
      // The caller keeps its vector, and a view of a larger buffer is not sent whole.
      const vector = Float32Array.from(dense.vector);
      const sent = { ...query, dense: { ...dense, vector } };
      return reader.call('find', [scope, sent], { signal, affinity, transfer: [vector.buffer] });
    },

    async fetch(scope, chunks, options, signal) {
      if (chunks.length === 0) return [];
      signal?.throwIfAborted();
      const found = isShortFetch(chunks, options)
        ? inPlace.try(({ fetch }) => fetch(scope, chunks, options))
        : undefined;
      if (found !== undefined) return found;
      return reader.call('fetch', [scope, chunks, options], { signal, affinity: scope.tenantId });
    },

    async features(scope, chunks, options, signal) {
      if (chunks.length === 0) return [];
      const references = chunks.map(({ chunkId, documentId }) => ({ chunkId, documentId }));
      const packed = await reader.call('features', [scope, references, options], {
        signal,
        affinity: scope.tenantId,
      });
      if (!options.vectors) return [...packed.features];
      return packed.features.map((feature, at) => ({
        ...feature,
        vector: packed.vectors.subarray(at * dimensions, (at + 1) * dimensions),
      }));
    },
  };
}
