import { createHash } from 'node:crypto';
import type { Access } from '../../domain/access.ts';
import { type ChunkLocation, chunkIdOf, type ParentChunk } from '../../domain/chunk.ts';
import type { Metadata } from '../../domain/document.ts';
import type { DocumentRecord } from '../../domain/document-record.ts';
import type { HiddenTextFlag } from '../../domain/hidden-text.ts';
import type { Scope } from '../../domain/scope.ts';
import type { DocumentWrite, EmbeddedChunk } from '../../search-engine/document-store.ts';
import type { ContractSubject } from './contract-subject.ts';

/** What a test says of a chunk; the rest is made up. */
export interface ChunkSketch {
  readonly text: string;
  /** @default a unit vector drawn from the text */
  readonly vector?: Float32Array;
  readonly context?: string;
  readonly headingPath?: readonly string[];
  readonly location?: ChunkLocation;
  readonly parentOrdinal?: number;
}

/** What a test says of a document; the rest is made up. */
export interface DocumentSketch {
  readonly documentId: string;
  /** A text is a chunk of that text. @default one chunk with the text "word" */
  readonly chunks?: readonly (string | ChunkSketch)[];
  readonly parents?: readonly ParentChunk[];
  readonly title?: string;
  readonly uri?: string;
  readonly mediaType?: string;
  readonly source?: string;
  readonly metadata?: Metadata;
  readonly links?: readonly string[];
  readonly flags?: readonly HiddenTextFlag[];
  readonly access?: Access;
  readonly expiresAt?: string;
  /** @default 1n */
  readonly version?: bigint;
}

/** A record of a live document. */
export function buildRecord(tenantId: string, sketch: DocumentSketch): DocumentRecord {
  const part = {
    version: sketch.version ?? 1n,
    deleted: false,
    eventHash: sha256(JSON.stringify([tenantId, sketch.documentId, String(sketch.version)])),
  };
  return {
    tenantId,
    documentId: sketch.documentId,
    source: sketch.source ?? 'contract',
    content: {
      ...part,
      contentHash: sha256(
        JSON.stringify(
          (sketch.chunks ?? []).map((chunk) => (typeof chunk === 'string' ? chunk : chunk.text)),
        ),
      ),
      mediaType: sketch.mediaType ?? 'text/plain',
      bytes: 1,
      claimed: { ...(sketch.title !== undefined && { title: sketch.title }) },
      ...(sketch.title !== undefined && { title: sketch.title }),
      ...(sketch.uri !== undefined && { uri: sketch.uri }),
      ...(sketch.links !== undefined && { links: sketch.links }),
      ...(sketch.flags !== undefined && { flags: sketch.flags }),
    },
    metadata: { ...part, value: sketch.metadata ?? {} },
    access: { ...part, ...(sketch.access !== undefined && { value: sketch.access }) },
    ...(sketch.expiresAt !== undefined && { expiry: { ...part, value: sketch.expiresAt } }),
    chunks: (sketch.chunks ?? ['word']).length,
    recipe: 'contract-1',
    updatedAt: '2026-01-02T03:04:05.678Z',
  };
}

/** The record of a deleted document. */
export function buildTombstone(tenantId: string, documentId: string, version: bigint): DocumentRecord {
  const part = { version, deleted: true, eventHash: sha256(`delete ${documentId} ${version}`) };
  return {
    tenantId,
    documentId,
    source: 'contract',
    content: { ...part, contentHash: '', mediaType: '', bytes: 0, claimed: {} },
    metadata: { ...part, value: {} },
    access: part,
    chunks: 0,
    recipe: 'contract-1',
    updatedAt: '2026-01-02T03:04:05.678Z',
  };
}

/** The chunks of a sketch, embedded, with offsets into a text that joins them by blank lines. */
export function buildChunks(tenantId: string, sketch: DocumentSketch, dimensions: number): EmbeddedChunk[] {
  let start = 0;
  return (sketch.chunks ?? ['word']).map((given, ordinal) => {
    const { text, vector, context, headingPath, location, parentOrdinal } =
      typeof given === 'string' ? ({ text: given } satisfies ChunkSketch as ChunkSketch) : given;
    const chunk = {
      chunkId: chunkIdOf(tenantId, sketch.documentId, ordinal),
      documentId: sketch.documentId,
      ordinal,
      text,
      headingPath: headingPath ?? [],
      start,
      end: start + text.length,
      tokens: text.split(' ').length + 2,
      ...(context !== undefined && { context }),
      ...(location !== undefined && { location }),
      ...(parentOrdinal !== undefined && { parentOrdinal }),
    };
    start = chunk.end + 2;
    const embedded = vector ?? drawUnitVector(text, dimensions);
    // The same fingerprint always stands for the same vector, as it does where a model makes both.
    return { chunk, vector: embedded, fingerprint: fingerprintOf(embedded, text) };
  });
}

/** The fingerprint that the builder gives a chunk. */
export function fingerprintOf(vector: Float32Array, text: string): string {
  return sha256(`${vector.join(',')}\0${text}`);
}

/** A write of a whole document. */
export function buildWrite(
  tenantId: string,
  sketch: DocumentSketch,
  dimensions: number,
  expected: string | undefined,
): DocumentWrite {
  return {
    record: buildRecord(tenantId, sketch),
    expected,
    chunks: { chunks: buildChunks(tenantId, sketch, dimensions), parents: sketch.parents ?? [] },
  };
}

/** Writes one document over whatever is stored; it cannot be relied on to be found before a refresh. */
export async function putDocument(
  subject: ContractSubject,
  scope: Scope,
  sketch: DocumentSketch,
): Promise<void> {
  const stored = await subject.documents.record(scope, sketch.documentId);
  await subject.documents.replace(
    scope,
    buildWrite(scope.tenantId, sketch, subject.dimensions, stored?.revision),
  );
}

/** Writes a record without chunks: those stored stay. */
export async function putRecord(
  subject: ContractSubject,
  scope: Scope,
  record: DocumentRecord,
): Promise<void> {
  const stored = await subject.documents.record(scope, record.documentId);
  await subject.documents.replace(scope, { record, expected: stored?.revision });
}

/** Deletes one document, its chunks too. */
export async function deleteDocument(
  subject: ContractSubject,
  scope: Scope,
  documentId: string,
  version = 2n,
): Promise<void> {
  const stored = await subject.documents.record(scope, documentId);
  await subject.documents.replace(scope, {
    record: buildTombstone(scope.tenantId, documentId, version),
    expected: stored?.revision,
    chunks: { chunks: [], parents: [] },
  });
}

/** Writes new documents, several at once, and returns when they can be found. */
export async function storeDocuments(
  subject: ContractSubject,
  scope: Scope,
  sketches: readonly DocumentSketch[],
): Promise<void> {
  const atOnce = 8;
  for (let from = 0; from < sketches.length; from += atOnce) {
    await Promise.all(
      sketches
        .slice(from, from + atOnce)
        .map((sketch) =>
          subject.documents.replace(scope, buildWrite(scope.tenantId, sketch, subject.dimensions, undefined)),
        ),
    );
  }
  await subject.documents.refresh(scope);
}

/** A vector of length 1 that depends on the seed alone, spread evenly enough for tests. */
export function drawUnitVector(seed: string, dimensions: number): Float32Array {
  const values: number[] = [];
  for (let block = 0; values.length < dimensions; block += 1) {
    const bytes = createHash('sha256').update(`${block}\0${seed}`).digest();
    for (let at = 0; at < 32 && values.length < dimensions; at += 4)
      values.push(bytes.readInt32LE(at) / 2 ** 31);
  }
  return normalize(values);
}

/** The vector of length 1 in the direction of these first components; the others are 0. */
export function unitVector(components: readonly number[], dimensions: number): Float32Array {
  return normalize(Array.from({ length: dimensions }, (_, at) => components[at] ?? 0));
}

function normalize(values: readonly number[]): Float32Array {
  const length = Math.hypot(...values);
  return Float32Array.from(values, (value) => value / length);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
