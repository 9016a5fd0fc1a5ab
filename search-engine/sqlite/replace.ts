import { randomUUID } from 'node:crypto';
import {
  canonicalJson,
  type DocumentRecord,
  isLive,
  searchedMetadata,
} from '../../domain/document-record.ts';
import { RevisionConflict } from '../../domain/errors.ts';
import { writeRecord } from '../../domain/record-text.ts';
import { accessRows } from './access-rows.ts';
import type { Database } from './database.ts';
import { metadataRows } from './metadata-rows.ts';
import type { PackedChunks, PackedWrite } from './packed-write.ts';
import { findRecord } from './read-documents.ts';
import { documentState } from './schema.ts';
import { replaceChunks, retitleChunks } from './write-chunks.ts';

const noChunks: PackedChunks = { chunks: [], fingerprints: [], vectors: new Float32Array(), parents: [] };

/**
 * Replaces documents in one transaction, each wholly or not at all.
 * @param failureOf tells why one was not replaced
 * @returns for each null, or its failure
 * @throws where none could be, since the transaction itself failed
 */
export function replaceAll<Failure>(
  database: Database,
  writes: readonly PackedWrite[],
  failureOf: (error: unknown) => Failure,
): (Failure | null)[] {
  return database.transaction(() =>
    writes.map((write) => {
      try {
        replace(database, write);
        return null;
      } catch (error) {
        if (!database.isInTransaction) throw error;
        return failureOf(error);
      }
    }),
  );
}

/**
 * Replaces a document in one transaction.
 * @throws {RevisionConflict} when another revision is stored
 */
export function replace(database: Database, write: PackedWrite): void {
  database.transaction(() => {
    const { record } = write;
    const stored = findRecord(database, record.documentId);
    if (stored?.revision !== write.expected) {
      throw new RevisionConflict(
        `Cannot replace document ${JSON.stringify(record.documentId)}: it was changed since it was read`,
      );
    }
    const document = writeDocument(database, record);
    writeMetadata(database, document, stored?.record, record);
    writeAccess(database, document, stored?.record, record);
    if (!isLive(record)) replaceChunks(database, document, record, noChunks);
    else if (write.chunks !== undefined) replaceChunks(database, document, record, write.chunks);
    else retitleChunks(database, document, record);
  });
}

function writeDocument(database: Database, record: DocumentRecord): number {
  const state = isLive(record)
    ? documentState.live
    : record.content === undefined
      ? documentState.parked
      : documentState.deleted;
  const { document } = database.row<{ document: number }>(
    `INSERT INTO documents (document_id, state, has_allow, chunks, revision) VALUES (?, ?, ?, 0, ?)
     ON CONFLICT (document_id) DO UPDATE
       SET state = excluded.state, has_allow = excluded.has_allow, revision = excluded.revision
     RETURNING document`,
    record.documentId,
    state,
    Number(record.access?.value?.allow !== undefined),
    randomUUID(),
  )!;
  database.run(
    `INSERT INTO records (document, record) VALUES (?, ?)
     ON CONFLICT (document) DO UPDATE SET record = excluded.record`,
    document,
    writeRecord(record),
  );
  return document;
}

function writeMetadata(
  database: Database,
  document: number,
  before: DocumentRecord | undefined,
  after: DocumentRecord,
): void {
  const [old, next] = [before, after].map((record) =>
    record !== undefined && isLive(record) ? searchedMetadata(record) : {},
  );
  if (canonicalJson(old) === canonicalJson(next)) return;
  for (const { key, type, value } of metadataRows(old ?? {})) {
    database.run(
      'DELETE FROM metadata WHERE key = ? AND type = ? AND value = ? AND document = ?',
      key,
      type,
      value,
      document,
    );
  }
  for (const { key, type, value } of metadataRows(next ?? {})) {
    database.run(
      'INSERT INTO metadata (key, type, value, document) VALUES (?, ?, ?, ?)',
      key,
      type,
      value,
      document,
    );
  }
}

function writeAccess(
  database: Database,
  document: number,
  before: DocumentRecord | undefined,
  after: DocumentRecord,
): void {
  const [old, next] = [before, after].map((record) => (record === undefined ? [] : accessRows(record)));
  if (JSON.stringify(old) === JSON.stringify(next)) return;
  for (const { principal, kind } of old ?? []) {
    database.run(
      'DELETE FROM access WHERE principal = ? AND kind = ? AND document = ?',
      principal,
      kind,
      document,
    );
  }
  for (const { principal, kind } of next ?? []) {
    database.run(
      'INSERT INTO access (principal, kind, document) VALUES (?, ?, ?)',
      principal,
      kind,
      document,
    );
  }
}
