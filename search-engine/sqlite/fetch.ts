import type { ParentChunk } from '../../domain/chunk.ts';
import { type DocumentRecord, mayShow, searchedMetadata } from '../../domain/document-record.ts';
import { readRecord } from '../../domain/record-text.ts';
import type { Scope } from '../../domain/scope.ts';
import { shownDocument } from '../../domain/shown-document.ts';
import type {
  ChunkFeatures,
  ChunkReference,
  FeatureOptions,
  FetchOptions,
  FoundChunk,
} from '../search-engine.ts';
import { readDetail } from './chunk-detail.ts';
import type { Database } from './database.ts';
import type { Highlighter } from './highlighter.ts';
import { documentState } from './schema.ts';

/** Features as they go to another thread: the vectors laid end to end in one buffer, empty where none are asked for. */
export interface PackedFeatures {
  readonly features: readonly Omit<ChunkFeatures, 'vector'>[];
  readonly vectors: Float32Array<ArrayBuffer>;
}

type ChunkRow = [
  chunkId: string,
  documentId: string,
  document: number,
  ordinal: number,
  context: string | null,
  text: string,
  detail: string,
  record: string,
];

/** Reads chunks for display, all on one state of the tenant. */
export function fetchChunks(
  database: Database,
  scope: Scope,
  references: readonly ChunkReference[],
  options: FetchOptions,
  highlighter: Highlighter,
): FoundChunk[] {
  const found = database.snapshot(() => {
    const rows = new Map<string, ChunkRow>();
    for (const row of readChunks(database, references)) rows.set(row[0], row);
    const records = new Map<number, DocumentRecord>();
    return references.flatMap(({ chunkId, documentId }) => {
      const row = rows.get(chunkId);
      return row?.[1] !== documentId ? [] : show(database, scope, row, options, records);
    });
  });
  if (options.highlight === undefined) return found;
  const marked = highlighter.mark(
    options.highlight,
    found.map(({ text }) => text),
  );
  return found.map((chunk, at) => ({ ...chunk, highlights: marked[at] ?? [] }));
}

function readChunks(database: Database, references: readonly ChunkReference[]): ChunkRow[] {
  return database.tuples<ChunkRow>(
    `SELECT chunk_id, document_id, document, ordinal, context, text, detail, record
     FROM json_each(?) CROSS JOIN chunks ON chunk_id = value CROSS JOIN documents USING (document)
       CROSS JOIN texts USING (chunk) CROSS JOIN records USING (document)
     WHERE state = ${documentState.live}`,
    JSON.stringify(references.map(({ chunkId }) => chunkId)),
  );
}

function show(
  database: Database,
  scope: Scope,
  [chunkId, documentId, document, ordinal, context, text, shown, stored]: ChunkRow,
  options: FetchOptions,
  records: Map<number, DocumentRecord>,
): FoundChunk[] {
  const record = records.get(document) ?? readRecord(stored);
  records.set(document, record);
  if (!mayShow(scope, record)) return [];
  const detail = readDetail(shown);
  const parent = options.parents ? parentOf(database, document, detail.parentOrdinal) : undefined;
  return [
    {
      chunkId,
      documentId,
      ordinal,
      text,
      ...(context !== null && { context }),
      ...detail,
      ...(parent !== undefined && { parent }),
      ...shownDocument(record),
    },
  ];
}

/** Reads what chunks are compared by, all on one state of the tenant. */
export function readFeatures(
  database: Database,
  scope: Scope,
  references: readonly ChunkReference[],
  options: FeatureOptions,
  dimensions: number,
): PackedFeatures {
  interface FeatureRow {
    readonly document: number;
    readonly embedding: Uint8Array;
  }
  return database.snapshot(() => {
    const records = new Map<number, DocumentRecord>();
    const features: Omit<ChunkFeatures, 'vector'>[] = [];
    const embeddings: Uint8Array[] = [];
    for (const { chunkId, documentId } of references) {
      const row = database.row<FeatureRow>(
        `SELECT document, embedding
         FROM chunks CROSS JOIN documents USING (document) CROSS JOIN vectors USING (vector)
         WHERE chunk_id = ? AND document_id = ? AND state = ${documentState.live}`,
        chunkId,
        documentId,
      );
      if (row === undefined) continue;
      const record = records.get(row.document) ?? recordOf(database, row.document);
      records.set(row.document, record);
      if (!mayShow(scope, record)) continue;
      features.push({ chunkId, metadata: searchedMetadata(record) });
      if (options.vectors) embeddings.push(row.embedding);
    }
    const vectors = new Float32Array(embeddings.length * dimensions);
    const bytes = new Uint8Array(vectors.buffer);
    embeddings.forEach((embedding, at) => {
      bytes.set(embedding, at * dimensions * Float32Array.BYTES_PER_ELEMENT);
    });
    return { features, vectors };
  });
}

function recordOf(database: Database, document: number): DocumentRecord {
  const row = database.row<{ record: string }>('SELECT record FROM records WHERE document = ?', document)!;
  return readRecord(row.record);
}

function parentOf(
  database: Database,
  document: number,
  ordinal: number | undefined,
): ParentChunk | undefined {
  if (ordinal === undefined) return undefined;
  return database.row<ParentChunk>(
    `SELECT ordinal, text, text_start AS start, text_end AS "end" FROM parents WHERE document = ? AND ordinal = ?`,
    document,
    ordinal,
  );
}
