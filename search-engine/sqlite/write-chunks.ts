import { type Chunk, headingLine } from '../../domain/chunk.ts';
import type { DocumentRecord } from '../../domain/document-record.ts';
import { readDetail, writeDetail } from './chunk-detail.ts';
import type { Database } from './database.ts';
import type { PackedChunks } from './packed-write.ts';
import { noteDeletedWords } from './sweep-words.ts';
import { forgetUnused, keepVector } from './write-vectors.ts';

interface StoredChunk {
  readonly chunk: number;
  readonly vector: number;
  readonly fingerprint: string;
  readonly heading: string;
  readonly context: string | null;
  readonly text: string;
}

/**
 * Makes these the document's chunks and parents. A stored chunk with the same words and vector is kept and only moved,
 * so that a small edit of a long document does not index it anew.
 */
export function replaceChunks(
  database: Database,
  document: number,
  record: DocumentRecord,
  next: PackedChunks,
): void {
  const stored = storedChunks(database, document);
  const kept = new Map<string, StoredChunk[]>();
  for (const old of stored) {
    const content = contentKey(old.fingerprint, old.heading, old.context, old.text);
    const alike = kept.get(content);
    if (alike === undefined) kept.set(content, [old]);
    else alike.push(old);
  }
  const dimensions = next.vectors.length / Math.max(1, next.chunks.length);
  next.chunks.forEach((chunk, at) => {
    const heading = headingLine(record.content?.title, chunk.headingPath);
    const fingerprint = next.fingerprints[at]!;
    const old = kept.get(contentKey(fingerprint, heading, chunk.context ?? null, chunk.text))?.shift();
    if (old !== undefined) {
      moveChunk(database, old.chunk, chunk);
      return;
    }
    const embedding = next.vectors.subarray(at * dimensions, (at + 1) * dimensions);
    insertChunk(database, document, chunk, heading, keepVector(database, fingerprint, embedding));
  });
  const gone = [...kept.values()].flat();
  for (const { chunk } of gone) deleteChunk(database, chunk);
  if (gone.length > 0) noteDeletedWords(database);
  forgetUnused(
    database,
    gone.map(({ vector }) => vector),
  );
  database.run('UPDATE documents SET chunks = ? WHERE document = ?', next.chunks.length, document);
  database.run('DELETE FROM parents WHERE document = ?', document);
  for (const { ordinal, start, end, text } of next.parents) {
    database.run(
      'INSERT INTO parents (document, ordinal, text_start, text_end, text) VALUES (?, ?, ?, ?, ?)',
      document,
      ordinal,
      start,
      end,
      text,
    );
  }
}

/** Puts the title of the record into the searched headings of chunks that stay. */
export function retitleChunks(database: Database, document: number, record: DocumentRecord): void {
  const stored = database.rows<{ chunk: number; heading: string; detail: string }>(
    'SELECT chunk, heading, detail FROM chunks CROSS JOIN texts USING (chunk) WHERE document = ?',
    document,
  );
  for (const { chunk, heading, detail } of stored) {
    const next = headingLine(record.content?.title, readDetail(detail).headingPath);
    if (next === heading) continue;
    noteDeletedWords(database);
    deleteWords(database, chunk);
    database.run('UPDATE texts SET heading = ? WHERE chunk = ?', next, chunk);
    insertWords(database, chunk);
  }
}

function storedChunks(database: Database, document: number): StoredChunk[] {
  return database.rows<StoredChunk>(
    `SELECT chunk, vector, fingerprint, heading, context, text
     FROM chunks CROSS JOIN texts USING (chunk) CROSS JOIN vectors USING (vector)
     WHERE document = ? ORDER BY ordinal`,
    document,
  );
}

function contentKey(fingerprint: string, heading: string, context: string | null, text: string): string {
  return JSON.stringify([fingerprint, heading, context, text]);
}

function insertChunk(
  database: Database,
  document: number,
  chunk: Chunk,
  heading: string,
  vector: number,
): void {
  const { inserted } = database.run(
    'INSERT INTO chunks (document, ordinal, vector, chunk_id) VALUES (?, ?, ?, ?)',
    document,
    chunk.ordinal,
    vector,
    chunk.chunkId,
  );
  database.run(
    'INSERT INTO texts (chunk, heading, context, text, detail) VALUES (?, ?, ?, ?, ?)',
    inserted,
    heading,
    chunk.context ?? null,
    chunk.text,
    writeDetail(chunk),
  );
  insertWords(database, inserted);
}

function moveChunk(database: Database, stored: number, chunk: Chunk): void {
  database.run(
    'UPDATE chunks SET ordinal = ?1, chunk_id = ?2 WHERE chunk = ?3 AND (ordinal <> ?1 OR chunk_id <> ?2)',
    chunk.ordinal,
    chunk.chunkId,
    stored,
  );
  database.run('UPDATE texts SET detail = ?1 WHERE chunk = ?2 AND detail <> ?1', writeDetail(chunk), stored);
}

function deleteChunk(database: Database, chunk: number): void {
  deleteWords(database, chunk);
  database.run('DELETE FROM texts WHERE chunk = ?', chunk);
  database.run('DELETE FROM chunks WHERE chunk = ?', chunk);
}

/** FTS5 reads the words from the stored texts, so this comes after they are written, */
function insertWords(database: Database, chunk: number): void {
  database.run(
    'INSERT INTO lexical (rowid, heading, body) SELECT chunk, heading, body FROM lexical_content WHERE chunk = ?',
    chunk,
  );
}

/** and this before they change. FTS5 only marks the words as deleted: see `noteDeletedWords`. */
function deleteWords(database: Database, chunk: number): void {
  database.run('DELETE FROM lexical WHERE rowid = ?', BigInt(chunk));
}
