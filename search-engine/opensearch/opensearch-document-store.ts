import { documentKey } from '../../domain/chunk.ts';
import { isLive, mayShow } from '../../domain/document-record.ts';
import {
  type BraidError,
  DocumentRefused,
  EngineUnavailable,
  InvalidInput,
  RevisionConflict,
} from '../../domain/errors.ts';
import type { DocumentStore } from '../document-store.ts';
import { type Position, readState, type StateSource } from './document-state.ts';
import { Rejection } from './failure.ts';
import type { Recovery } from './recovery.ts';
import { removeDocuments } from './remove-tenant.ts';
import { commitDocument, finishWriting, type WriteTools } from './replace-document.ts';
import { readable } from './scope-query.ts';
import { readChunks, readStoredParents } from './stored-chunks.ts';
import { readVectors } from './vector-cache.ts';

/** Documents that this process is writing now. */
export interface WritesInProgress {
  begin(tenantId: string, documentId: string): void;
  end(tenantId: string, documentId: string): void;
  has(tenantId: string, documentId: string): boolean;
}

export function createDocumentStore(
  tools: WriteTools,
  writes: WritesInProgress,
  recovery: Recovery,
): DocumentStore {
  const { connection, get, indices, states } = tools;
  return {
    record: async (scope, documentId) => {
      const stored = await states.read(scope.tenantId, documentId);
      const record = stored?.state.record;
      return stored && record && { record, revision: writeRevision(stored.position) };
    },

    list: async (scope, { after, limit, deleted }) => {
      interface Reply {
        readonly hits: { readonly hits: readonly { readonly _source: StateSource }[] };
      }
      await connection.request({ method: 'POST', path: `/${indices.read.documents}/_refresh` });
      const reply = await connection.request<Reply>({
        method: 'POST',
        path: `/${indices.read.documents}/_search`,
        body: {
          size: limit + 1,
          query: {
            bool: {
              filter: [...readable(scope), { terms: { status: deleted ? ['live', 'deleted'] : ['live'] } }],
            },
          },
          sort: [{ documentId: 'asc' }],
          ...(after !== undefined && { search_after: [after] }),
          _source: ['record', 'writing'],
        },
      });
      const found = reply.hits.hits.flatMap(({ _source }) => readState(_source).record ?? []);
      const records = found.slice(0, limit);
      const last = records.at(-1);
      return found.length > limit && last !== undefined ? { records, next: last.documentId } : { records };
    },

    chunks: async (scope, documentId) => {
      let before: number | undefined;
      for (;;) {
        const stored = await states.read(scope.tenantId, documentId);
        const { record, writing } = stored?.state ?? {};
        if (record === undefined || !mayShow(scope, record)) return [];
        const current = writing?.current;
        if (current === undefined) return [];
        const chunks = await readChunks(connection, indices, record, current);
        // Where some are missing, a writer has replaced them between the two reads.
        if (chunks.length === current.chunks || current.number === before) return chunks;
        before = current.number;
      }
    },

    parents: async (scope, documentId) => {
      const { record, writing } = (await states.read(scope.tenantId, documentId))?.state ?? {};
      if (record === undefined || !mayShow(scope, record)) return [];
      return writing?.current === undefined
        ? []
        : readStoredParents(connection, indices, record, writing.current);
    },

    vectors: (scope, fingerprints) => readVectors(get, indices, scope.tenantId, fingerprints),

    replace: async (scope, write) => {
      const { tenantId, documentId } = write.record;
      if (tenantId !== scope.tenantId) {
        throw new InvalidInput(
          'tenantId',
          `Cannot write a document of tenant ${tenantId} to ${scope.tenantId}`,
        );
      }
      const expected = write.expected === undefined ? undefined : readRevision(write.expected);
      writes.begin(tenantId, documentId);
      try {
        const committed = await commitDocument(tools, write, expected);
        await finishWriting(tools, tenantId, documentId, committed).catch((error: unknown) => {
          // The write itself is done; what it replaced is deleted as soon as OpenSearch lets it.
          if (!(error instanceof EngineUnavailable)) throw error;
          recovery.schedule();
        });
      } catch (error) {
        // What was refused may not have been taken back.
        if (error instanceof EngineUnavailable || error instanceof Rejection) recovery.schedule();
        throw error instanceof Rejection ? refusal(documentId, error) : error;
      } finally {
        writes.end(tenantId, documentId);
      }
    },

    forget: async ({ tenantId }, documentId, expected) => {
      const stored = await states.read(tenantId, documentId);
      const { sequence, term } = readRevision(expected);
      if (stored?.position.sequence !== sequence || stored.position.term !== term) throw changed(documentId);
      const { record, writing } = stored.state;
      // What is left of it is deleted under the names that only the record knows.
      if (record === undefined || isLive(record) || writing.leftovers.length > 0) throw changed(documentId);
      await states.remove(tenantId, documentId, stored.position);
    },

    removeTenant: ({ tenantId }) => removeDocuments(connection, indices, tenantId),

    refresh: async () => {
      await connection.request({
        method: 'POST',
        path: `/${indices.read.chunks},${indices.read.documents}/_refresh`,
      });
    },
  };
}

export function createWritesInProgress(): WritesInProgress {
  const counts = new Map<string, number>();
  const add = (tenantId: string, documentId: string, change: number) => {
    const key = documentKey(tenantId, documentId);
    const count = (counts.get(key) ?? 0) + change;
    if (count === 0) counts.delete(key);
    else counts.set(key, count);
  };
  return {
    begin: (tenantId, documentId) => add(tenantId, documentId, 1),
    end: (tenantId, documentId) => add(tenantId, documentId, -1),
    has: (tenantId, documentId) => counts.has(documentKey(tenantId, documentId)),
  };
}

function changed(documentId: string): RevisionConflict {
  return new RevisionConflict(
    `Cannot forget document ${JSON.stringify(documentId)}: it was changed since it was read`,
  );
}

/** OpenSearch refuses a document for good where its fields do not fit. */
function refusal(documentId: string, error: Rejection): BraidError {
  return new DocumentRefused(
    'invalid_document',
    `Cannot index document ${JSON.stringify(documentId)}: ${error.message}`,
    { cause: error },
  );
}

function writeRevision({ sequence, term }: Position): string {
  return `${sequence}.${term}`;
}

/** @throws {RevisionConflict} for what this engine never handed out */
function readRevision(revision: string): Position {
  const [, sequence, term] = /^(\d+)\.(\d+)$/.exec(revision) ?? [];
  if (sequence === undefined || term === undefined) {
    throw new RevisionConflict(`Cannot write with the revision ${JSON.stringify(revision)}: it is not known`);
  }
  return { sequence: Number(sequence), term: Number(term) };
}
