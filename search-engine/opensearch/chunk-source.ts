import { createHash } from 'node:crypto';
import { type Chunk, documentKey, headingLine, type ParentChunk } from '../../domain/chunk.ts';
import { canonicalJson, type DocumentRecord, searchedMetadata } from '../../domain/document-record.ts';
import { InvalidInput } from '../../domain/errors.ts';
import type { EmbeddedChunk, ReplacedChunks } from '../document-store.ts';
import type { BulkItem } from './bulk.ts';
import type { Generation } from './document-state.ts';
import type { Indices } from './indices.ts';
import { accessFields, metadataEntries } from './metadata-entries.ts';
import { vectorIdOf } from './vector-cache.ts';

/** What a chunk keeps beside its searched fields: all of it but its ids and texts. */
type ChunkDetail = Omit<Chunk, 'chunkId' | 'documentId' | 'ordinal' | 'text' | 'context'> & {
  /** Length of the context at the start of the body; absent where there is none. */
  readonly contextLength?: number;
  readonly fingerprint: string;
};

/** A chunk as the index returns it. */
export interface ChunkSource {
  readonly documentId: string;
  readonly chunkId: string;
  readonly ordinal: number;
  readonly generation: number;
  readonly body: string;
  readonly chunk: string;
}

/** The fields of ChunkSource. */
export const chunkFields = ['documentId', 'chunkId', 'ordinal', 'generation', 'body', 'chunk'];

/** Ids of chunks differ from write to write, so that a late write of another never touches a finished one. */
export function chunkKey(tenantId: string, documentId: string, generation: number, ordinal: number): string {
  return `${documentKey(tenantId, documentId)}-${generation}-${ordinal}`;
}

export function parentKey(tenantId: string, documentId: string, generation: number, ordinal: number): string {
  return `${documentKey(tenantId, documentId)}-${generation}-p${ordinal}`;
}

/** How far a write's ordinals reach. */
export function generationOf(number: number, { chunks, parents }: ReplacedChunks): Generation {
  return {
    number,
    chunks: 1 + chunks.reduce((highest, { chunk }) => Math.max(highest, chunk.ordinal), -1),
    parents: 1 + parents.reduce((highest, { ordinal }) => Math.max(highest, ordinal), -1),
  };
}

/** Stands for what each chunk carries of its document: where it is equal, a new record needs no new chunks. */
export function shownHash(record: DocumentRecord): string {
  const shown = {
    title: record.content?.title,
    metadata: searchedMetadata(record),
    access: record.access?.value ?? null,
    ...(record.expiry?.value !== undefined && { expiresAt: record.expiry.value }),
  };
  return createHash('sha256').update(canonicalJson(shown)).digest('base64url');
}

/** The writes of a document's chunks and parents. */
export function* chunkWrites(
  indices: Indices,
  record: DocumentRecord,
  generation: number,
  { chunks, parents }: ReplacedChunks,
): Generator<BulkItem> {
  const { tenantId, documentId } = record;
  const place = {
    action: 'index',
    index: indices.write.chunks,
    routing: documentKey(tenantId, documentId),
  } as const;
  const ofDocument = {
    tenantId,
    documentId,
    documentKey: place.routing,
    generation,
    metadata: metadataEntries(searchedMetadata(record), false),
    ...accessFields(record),
  };
  const opening = JSON.stringify(ofDocument).slice(0, -1);
  for (const embedded of chunks) {
    const own = JSON.stringify(fieldsOf(record, embedded)).slice(1, -1);
    yield {
      ...place,
      id: chunkKey(tenantId, documentId, generation, embedded.chunk.ordinal),
      source: `${opening},${own},"vector":${vectorJson(embedded.vector)}}`,
    };
  }
  for (const parent of parents) {
    yield {
      ...place,
      id: parentKey(tenantId, documentId, generation, parent.ordinal),
      source: JSON.stringify({ tenantId, documentId, generation, parent: JSON.stringify(parent) }),
    };
  }
}

/** The deletions of everything that a write made. */
export function* chunkDeletions(
  indices: Indices,
  tenantId: string,
  documentId: string,
  { number, chunks, parents }: Generation,
): Generator<BulkItem> {
  const place = {
    action: 'delete',
    index: indices.write.chunks,
    routing: documentKey(tenantId, documentId),
  } as const;
  for (let at = 0; at < chunks; at += 1) yield { ...place, id: chunkKey(tenantId, documentId, number, at) };
  for (let at = 0; at < parents; at += 1) yield { ...place, id: parentKey(tenantId, documentId, number, at) };
}

export function readChunk(source: ChunkSource): Chunk {
  const { contextLength, fingerprint: _, ...detail }: ChunkDetail = JSON.parse(source.chunk);
  const { chunkId, documentId, ordinal, body } = source;
  if (contextLength === undefined) return { chunkId, documentId, ordinal, text: body, ...detail };
  return {
    chunkId,
    documentId,
    ordinal,
    text: body.slice(contextLength + 1),
    context: body.slice(0, contextLength),
    ...detail,
  };
}

export function readFingerprint(source: ChunkSource): string {
  const { fingerprint }: ChunkDetail = JSON.parse(source.chunk);
  return fingerprint;
}

/** Where the chunk's text begins in its body. */
export function textStart(source: ChunkSource): number {
  const { contextLength }: ChunkDetail = JSON.parse(source.chunk);
  return contextLength === undefined ? 0 : contextLength + 1;
}

export function readParent(source: { readonly parent: string }): ParentChunk {
  return JSON.parse(source.parent);
}

function fieldsOf(record: DocumentRecord, { chunk, fingerprint }: EmbeddedChunk): object {
  const { chunkId, documentId: _, ordinal, text, context, ...rest } = chunk;
  const detail: ChunkDetail = {
    ...rest,
    fingerprint,
    ...(context !== undefined && { contextLength: context.length }),
  };
  return {
    chunkId,
    ordinal,
    title: headingLine(record.content?.title, chunk.headingPath),
    body: context === undefined ? text : `${context}\n${text}`,
    chunk: JSON.stringify(detail),
    vectorId: vectorIdOf(record.tenantId, fingerprint),
  };
}

/** Nine digits name each 32-bit float exactly; the default would print it as the double that it is not. */
function vectorJson(vector: Float32Array): string {
  const numbers: string[] = new Array(vector.length);
  for (let at = 0; at < vector.length; at += 1) {
    const value = vector[at]!;
    if (!Number.isFinite(value)) {
      throw new InvalidInput('vector', `Expected each number of a vector to be finite, got ${value}`);
    }
    numbers[at] = value === 0 ? '0' : value.toPrecision(9);
  }
  return `[${numbers.join(',')}]`;
}
