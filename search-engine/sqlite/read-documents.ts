import { mayRead } from '../../domain/access.ts';
import type { Chunk, ParentChunk } from '../../domain/chunk.ts';
import { type DocumentRecord, isLive, mayShow } from '../../domain/document-record.ts';
import { readRecord } from '../../domain/record-text.ts';
import type { Scope } from '../../domain/scope.ts';
import type { ListPage, StoredRecord } from '../document-store.ts';
import { readDetail } from './chunk-detail.ts';
import type { Database } from './database.ts';
import type { PackedVectors } from './packed-write.ts';
import { documentState } from './schema.ts';

export function findRecord(database: Database, documentId: string): StoredRecord | undefined {
  const row = database.row<{ record: string; revision: string }>(
    'SELECT record, revision FROM documents JOIN records USING (document) WHERE document_id = ?',
    documentId,
  );
  return row && { record: readRecord(row.record), revision: row.revision };
}

export interface RecordPage {
  readonly records: DocumentRecord[];
  readonly next?: string;
}

export function listRecords(database: Database, scope: Scope, page: ListPage): RecordPage {
  const states = page.deleted ? [documentState.live, documentState.deleted] : [documentState.live];
  const rows = database.iterate<{ record: string }>(
    `SELECT record FROM documents CROSS JOIN records USING (document)
     WHERE document_id > ? AND state IN (${states}) ORDER BY document_id`,
    page.after ?? '',
  );
  const records: DocumentRecord[] = [];
  for (const row of rows) {
    const record = readRecord(row.record);
    if (!(isLive(record) ? mayShow(scope, record) : mayRead(scope, record.access?.value))) continue;
    if (records.length === page.limit) return { records, next: records.at(-1)!.documentId };
    records.push(record);
  }
  return { records };
}

export function listChunks(database: Database, scope: Scope, documentId: string): Chunk[] {
  return database.snapshot(() => {
    const stored = findRecord(database, documentId);
    if (stored === undefined || !mayShow(scope, stored.record)) return [];
    const rows = database.rows<{
      chunkId: string;
      ordinal: number;
      context: string | null;
      text: string;
      detail: string;
    }>(
      `SELECT chunk_id AS chunkId, ordinal, context, text, detail
       FROM documents CROSS JOIN chunks USING (document) CROSS JOIN texts USING (chunk)
       WHERE document_id = ? AND state = ${documentState.live} ORDER BY ordinal`,
      documentId,
    );
    return rows.map(({ chunkId, ordinal, context, text, detail }) => ({
      chunkId,
      documentId,
      ordinal,
      text,
      ...(context !== null && { context }),
      ...readDetail(detail),
    }));
  });
}

export function listParents(database: Database, scope: Scope, documentId: string): ParentChunk[] {
  return database.snapshot(() => {
    const stored = findRecord(database, documentId);
    if (stored === undefined || !mayShow(scope, stored.record)) return [];
    return database.rows<{ ordinal: number; start: number; end: number; text: string }>(
      `SELECT ordinal, text_start AS start, text_end AS end, text
       FROM documents CROSS JOIN parents USING (document)
       WHERE document_id = ? AND state = ${documentState.live} ORDER BY ordinal`,
      documentId,
    );
  });
}

export function readVectors(
  database: Database,
  fingerprints: readonly string[],
  dimensions: number,
): PackedVectors {
  const found: string[] = [];
  const bytes: Uint8Array[] = [];
  for (const fingerprint of new Set(fingerprints)) {
    const row = database.row<{ embedding: Uint8Array }>(
      'SELECT embedding FROM vectors WHERE fingerprint = ?',
      fingerprint,
    );
    if (row === undefined) continue;
    found.push(fingerprint);
    bytes.push(row.embedding);
  }
  const vectors = new Float32Array(found.length * dimensions);
  const target = new Uint8Array(vectors.buffer);
  bytes.forEach((vector, at) => {
    target.set(vector, at * dimensions * Float32Array.BYTES_PER_ELEMENT);
  });
  return { fingerprints: found, vectors };
}
