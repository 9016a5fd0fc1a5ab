import { createHash } from 'node:crypto';
import { type Access, checkAccess } from '../domain/access.ts';
import { type Chunk, fingerprint } from '../domain/chunk.ts';
import {
  checkDocument,
  checkDocumentId,
  checkMetadata,
  contentHash,
  type Document,
  type Metadata,
} from '../domain/document.ts';
import {
  type Change,
  type DocumentRecord,
  isLive,
  type Merge,
  mergeChange,
  recordVersion,
} from '../domain/document-record.ts';
import {
  DocumentRefused,
  InvalidInput,
  NotFound,
  RevisionConflict,
  SourceConflict,
  VersionMismatch,
} from '../domain/errors.ts';
import type { WriteResult } from '../domain/ingest.ts';
import type { Scope } from '../domain/scope.ts';
import { parseVersion } from '../domain/version.ts';
import type { EmbeddingModel } from '../models/embedding-model.ts';
import type {
  DocumentStore,
  EmbeddedChunk,
  ReplacedChunks,
  StoredRecord,
} from '../search-engine/document-store.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { Chunker } from './chunk.ts';
import { createEmbed, type Embed, type Embedded } from './embed.ts';
import type { Parser } from './parse.ts';

/** One write, as a caller asks for it. */
export type RequestedChange =
  | { readonly operation: 'upsert'; readonly document: Document }
  | {
      readonly operation: 'patch';
      readonly documentId: string;
      readonly source?: string;
      readonly version?: bigint;
      readonly metadata?: Metadata;
      readonly access?: Access;
    }
  | {
      readonly operation: 'delete';
      readonly documentId: string;
      readonly source?: string;
      readonly version?: bigint;
    };

export interface IngestPorts {
  readonly parser: Parser;
  readonly chunker: Chunker;
  readonly model: EmbeddingModel;
  readonly documents: DocumentStore;
  readonly telemetry: Telemetry;
}

/** `ifVersion`: the version that must be stored; `null`: no live document may be. */
export type Ingest = (
  scope: Scope,
  change: RequestedChange,
  ifVersion?: bigint | null,
  signal?: AbortSignal,
) => Promise<WriteResult>;

/** Concurrent writers of one document each win once; more conflicts than this mean that something else is wrong. */
const maxConflicts = 20;

/**
 * document -> parse -> chunk -> embed -> index, for one change.
 *
 * Versions decide (see `mergeChange`): a stale or equal change does nothing, a change of metadata or access alone parses
 * and embeds nothing, and text whose vector is stored is not embedded again. Chunks made by an older recipe are made anew.
 */
export function createIngest(ports: IngestPorts): Ingest {
  const { parser, chunker, model, documents, telemetry } = ports;
  const embed = createEmbed(model);
  const recipe = hash(`${parser.recipe}|${chunker.recipe}|${model.id}|${model.dimensions}`);
  const tools = { ...ports, embed, recipe };

  return async (scope, requested, ifVersion, signal) => {
    const change = checkChange(requested);
    for (let conflicts = 0; ; conflicts += 1) {
      try {
        const stored = await documents.record(scope, change.documentId);
        checkOwner(stored, change);
        checkExpected(stored, change.documentId, ifVersion);
        const result = await apply({ ...tools, signal }, scope, requested, change, stored);
        telemetry.count('documents', 1, { outcome: result.outcome });
        telemetry.count('chunks', result.chunks);
        telemetry.count('embedded_texts', result.embedded);
        telemetry.count('truncated_texts', result.truncated);
        return result;
      } catch (error) {
        if (!(error instanceof RevisionConflict) || conflicts >= maxConflicts) throw error;
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 10 * (conflicts + 1)));
      }
    }
  };
}

interface Run extends IngestPorts {
  readonly embed: Embed;
  readonly recipe: string;
  /** Ends the parse; what is being stored is stored. */
  readonly signal: AbortSignal | undefined;
}

interface Made {
  readonly record: DocumentRecord;
  readonly chunks?: ReplacedChunks;
  readonly embedded: number;
  readonly truncated: number;
}

function checkChange(requested: RequestedChange): Change {
  if (requested.operation === 'upsert') {
    const { document } = requested;
    checkDocument(document);
    const { documentId, source, title, uri, mediaType, metadata, access, content } = document;
    if (access !== undefined) checkAccess(access);
    return {
      operation: 'upsert',
      documentId,
      source,
      ...versionOf(document.version),
      content: {
        contentHash: contentHash(content),
        bytes: typeof content === 'string' ? Buffer.byteLength(content) : content.byteLength,
        ...(mediaType !== undefined && { mediaType }),
        ...(title !== undefined && { title }),
        ...(uri !== undefined && { uri }),
      },
      ...(metadata !== undefined && { metadata }),
      ...(access !== undefined && { access }),
    };
  }
  const documentId = checkDocumentId(requested.documentId);
  const base = { documentId, source: requested.source ?? '', ...versionOf(requested.version) };
  if (requested.operation === 'delete') return { operation: 'delete', ...base };
  const { metadata, access } = requested;
  if (metadata === undefined && access === undefined) {
    throw new InvalidInput('metadata', 'Expected a patch to carry metadata or access');
  }
  if (metadata !== undefined) checkMetadata(metadata);
  if (access !== undefined) checkAccess(access);
  return {
    operation: 'patch',
    ...base,
    ...(metadata !== undefined && { metadata }),
    ...(access !== undefined && { access }),
  };
}

function versionOf(version: bigint | undefined): { version?: bigint } {
  return version === undefined ? {} : { version: parseVersion(version) };
}

function checkOwner(stored: StoredRecord | undefined, change: Change): void {
  const owner = stored?.record.source;
  if (owner !== undefined && change.source !== '' && owner !== change.source) {
    throw new SourceConflict(
      `Cannot write document ${JSON.stringify(change.documentId)}: it belongs to source ${JSON.stringify(owner)}, got a change of source ${JSON.stringify(change.source)}`,
      owner,
    );
  }
  // A change that names no source is the API's own edit of a document that must be there.
  if (change.source === '' && (stored === undefined || !isLive(stored.record))) {
    throw new NotFound(
      `Cannot ${change.operation} document ${JSON.stringify(change.documentId)}: there is no such document`,
    );
  }
}

function checkExpected(
  stored: StoredRecord | undefined,
  documentId: string,
  ifVersion: bigint | null | undefined,
): void {
  if (ifVersion === undefined) return;
  const version = stored !== undefined && isLive(stored.record) ? recordVersion(stored.record) : undefined;
  if ((ifVersion ?? undefined) === version) return;
  const wanted = ifVersion === null ? 'none' : `version ${ifVersion}`;
  throw new VersionMismatch(
    `Cannot write document ${JSON.stringify(documentId)}: expected ${wanted} to be stored, found ${version === undefined ? 'none' : `version ${version}`}`,
    version,
  );
}

async function apply(
  run: Run,
  scope: Scope,
  requested: RequestedChange,
  change: Change,
  stored: StoredRecord | undefined,
): Promise<WriteResult> {
  const merge = mergeChange(stored?.record, change, {
    tenantId: scope.tenantId,
    recipe: stored?.record.recipe ?? run.recipe,
    now: new Date().toISOString(),
  });
  const made = await make(run, scope, requested, merge, stored?.record);
  if (made === undefined) return resultOf(change, merge, stored?.record, { embedded: 0, truncated: 0 });
  const startedAt = performance.now();
  await run.documents.replace(scope, {
    record: made.record,
    expected: stored?.revision,
    ...(made.chunks && { chunks: made.chunks }),
  });
  run.telemetry.stage('store', performance.now() - startedAt);
  return resultOf(change, merge, stored?.record, made);
}

/** What is to be written; undefined where nothing is. */
async function make(
  run: Run,
  scope: Scope,
  requested: RequestedChange,
  merge: Merge,
  stored: DocumentRecord | undefined,
): Promise<Made | undefined> {
  const { record } = merge;
  const isApplied = merge.outcome === 'applied' || merge.outcome === 'parked';
  if (record === undefined) return undefined;
  const held = { record, embedded: 0, truncated: 0 };
  if (!isLive(record)) {
    if (!isApplied) return undefined;
    const hasChunks = stored !== undefined && isLive(stored);
    return hasChunks
      ? { ...held, record: { ...record, chunks: 0 }, chunks: { chunks: [], parents: [] } }
      : held;
  }
  if (requested.operation === 'upsert' && needsChunks(run, requested.document, record, stored)) {
    return makeChunks(run, scope, requested.document, record);
  }
  return isApplied ? { ...held, record: keepShown(record, stored) } : undefined;
}

/** True where the record's content is the document's own and is not chunked yet, or by another recipe. */
function needsChunks(
  run: Run,
  document: Document,
  record: DocumentRecord,
  stored: DocumentRecord | undefined,
): boolean {
  if (record.content?.contentHash !== contentHash(document.content)) return false;
  const held = stored?.content;
  return (
    held === undefined ||
    held.deleted ||
    held.contentHash !== record.content.contentHash ||
    held.claimed.title !== record.content.claimed.title ||
    held.claimed.mediaType !== record.content.claimed.mediaType ||
    stored?.recipe !== run.recipe
  );
}

/** Content that was not parsed again keeps the title and media type that parsing found. */
function keepShown(record: DocumentRecord, stored: DocumentRecord | undefined): DocumentRecord {
  const held = stored?.content;
  if (record.content === undefined || held === undefined || record.content === held) return record;
  const { title: _, ...content } = record.content;
  return {
    ...record,
    content: {
      ...content,
      mediaType: held.mediaType,
      ...(held.title !== undefined && { title: held.title }),
    },
  };
}

async function makeChunks(run: Run, scope: Scope, document: Document, record: DocumentRecord): Promise<Made> {
  const { documentId, content, mediaType } = document;
  const parsed = await timed(run.telemetry, 'parse', () =>
    run.parser.parse(
      { name: documentId, content, ...(mediaType !== undefined && { mediaType }) },
      run.signal,
    ),
  );
  const title = document.title ?? parsed.title;
  const { chunks, parents, embeddedTexts } = await timed(run.telemetry, 'chunk', () =>
    run.chunker.chunk(parsed, {
      tenantId: scope.tenantId,
      documentId,
      ...(title !== undefined && { title }),
    }),
  );
  if (chunks.length === 0) {
    throw new DocumentRefused('empty', `Cannot index document ${JSON.stringify(documentId)}: it has no text`);
  }
  const embedded = await embedChunks(run, scope, chunks, embeddedTexts);
  const { title: _, ...contentPart } = record.content!;
  return {
    record: {
      ...record,
      content: { ...contentPart, mediaType: parsed.mediaType, ...(title !== undefined && { title }) },
      chunks: chunks.length,
      recipe: run.recipe,
    },
    ...embedded,
    chunks: { chunks: embedded.chunks, parents },
  };
}

async function embedChunks(
  run: Run,
  scope: Scope,
  chunks: readonly Chunk[],
  texts: readonly string[],
): Promise<{ chunks: EmbeddedChunk[]; embedded: number; truncated: number }> {
  const prints = texts.map((text) => fingerprint(text, run.model, 'passage'));
  const known = await run.documents.vectors(scope, [...new Set(prints)]);
  const missing = new Map(
    prints.map((print, at) => [print, texts[at]!] as const).filter(([print]) => !known.has(print)),
  );
  const fresh: Embedded =
    missing.size === 0
      ? { vectors: new Map(), embedded: 0, truncated: 0 }
      : await timed(run.telemetry, 'embed', () => run.embed(scope.tenantId, missing));
  return {
    chunks: chunks.map((chunk, at) => {
      const print = prints[at]!;
      return { chunk, fingerprint: print, vector: known.get(print) ?? fresh.vectors.get(print)! };
    }),
    embedded: fresh.embedded,
    truncated: fresh.truncated,
  };
}

function resultOf(
  change: Change,
  merge: Merge,
  stored: DocumentRecord | undefined,
  made: { record?: DocumentRecord; chunks?: ReplacedChunks; embedded: number; truncated: number },
): WriteResult {
  const wasLive = stored !== undefined && isLive(stored);
  const record = made.record ?? merge.record;
  return {
    documentId: change.documentId,
    outcome: outcomeOf(merge, wasLive, made.record),
    version: record === undefined ? 0n : recordVersion(record),
    chunks: made.chunks?.chunks.length ?? 0,
    embedded: made.embedded,
    truncated: made.truncated,
    conflicting: merge.conflicting,
  };
}

function outcomeOf(
  merge: Merge,
  wasLive: boolean,
  written: DocumentRecord | undefined,
): WriteResult['outcome'] {
  if (written === undefined) return merge.outcome === 'stale' ? 'stale' : 'unchanged';
  if (merge.outcome === 'parked') return 'parked';
  if (!isLive(written)) return 'deleted';
  return wasLive ? 'updated' : 'indexed';
}

async function timed<T>(telemetry: Telemetry, stage: string, work: () => T | Promise<T>): Promise<T> {
  const startedAt = performance.now();
  try {
    return await work();
  } finally {
    telemetry.stage(stage, performance.now() - startedAt);
  }
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
