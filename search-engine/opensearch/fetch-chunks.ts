import { documentKey, type ParentChunk } from '../../domain/chunk.ts';
import { type DocumentRecord, mayShow, searchedMetadata } from '../../domain/document-record.ts';
import type { Scope } from '../../domain/scope.ts';
import { shownDocument } from '../../domain/shown-document.ts';
import type {
  ChunkFeatures,
  ChunkReference,
  FeatureOptions,
  FetchOptions,
  FoundChunk,
} from '../search-engine.ts';
import { type ChunkSource, chunkFields, parentKey, readChunk, textStart } from './chunk-source.ts';
import type { Connection } from './connection.ts';
import { type DocumentState, readState, type StateSource } from './document-state.ts';
import { highlightOf, marksIn } from './highlights.ts';
import type { Indices } from './indices.ts';
import { queryWords } from './lexical-query.ts';
import { maxResultWindow } from './mappings.ts';
import { readable } from './scope-query.ts';
import { readParents } from './stored-chunks.ts';
import { isStray } from './strays.ts';

interface ChunkHit {
  readonly _source: ChunkSource & { readonly vector?: readonly number[] };
  readonly highlight?: { readonly body?: readonly string[] };
}

interface Shown {
  readonly hit: ChunkHit;
  readonly record: DocumentRecord;
}

/** What chunks are read with. */
export interface FetchTools {
  readonly connection: Connection;
  readonly indices: Indices;
  /** Told a document of which a chunk was found that its state does not own to. */
  readonly suspect: (tenantId: string, documentId: string) => void;
}

/**
 * Reads chunks for display. Chunks and records are asked for at once: the chunks from the searched index, the records as
 * of the last acknowledged write, so that what a document has lost, or who may read it, counts from that write on.
 */
export async function fetchChunks(
  tools: FetchTools,
  scope: Scope,
  references: readonly ChunkReference[],
  options: FetchOptions,
  signal: AbortSignal | undefined,
): Promise<FoundChunk[]> {
  if (references.length === 0) return [];
  const words = options.highlight === undefined ? undefined : queryWords(options.highlight);
  const wanted = {
    _source: chunkFields,
    ...(words !== undefined && { highlight: highlightOf(words) }),
  };
  const shown = await readShown(tools, scope, references, wanted, signal);
  const parents = options.parents ? await parentsOf(tools, shown, signal) : new Map();
  return shown.map((one) => ({
    ...readChunk(one.hit._source),
    ...shownDocument(one.record),
    ...pickParent(parents, one),
    ...(options.highlight !== undefined && {
      highlights: marksIn(one.hit.highlight?.body?.[0], textStart(one.hit._source)),
    }),
  }));
}

/** Reads what chunks are compared by, as `fetchChunks` reads what is shown. */
export async function readFeatures(
  tools: FetchTools,
  scope: Scope,
  references: readonly ChunkReference[],
  { vectors }: FeatureOptions,
  signal: AbortSignal | undefined,
): Promise<ChunkFeatures[]> {
  if (references.length === 0) return [];
  const wanted = { _source: ['chunkId', 'generation', ...(vectors ? ['vector'] : [])] };
  const shown = await readShown(tools, scope, references, wanted, signal);
  return shown.map(({ hit: { _source }, record }) => ({
    chunkId: _source.chunkId,
    metadata: searchedMetadata(record),
    ...(vectors && { vector: Float32Array.from(_source.vector ?? []) }),
  }));
}

async function readShown(
  { connection, indices, suspect }: FetchTools,
  scope: Scope,
  references: readonly ChunkReference[],
  wanted: object,
  signal: AbortSignal | undefined,
): Promise<Shown[]> {
  const [hits, states] = await Promise.all([
    readHits(connection, indices, scope, references, wanted, signal),
    readStates(connection, indices, scope, references, signal),
  ]);
  return references.flatMap(({ chunkId, documentId }): Shown[] => {
    const state = states.get(documentId);
    const found = hits.get(chunkId) ?? [];
    if (found.some(({ _source }) => isStray(_source.generation, state))) suspect(scope.tenantId, documentId);
    const record = state?.record;
    if (record === undefined || !mayShow(scope, record)) return [];
    const hit = standing(found, state);
    return hit === undefined ? [] : [{ hit, record }];
  });
}

/** By chunkId: while a document is being replaced there can be more than one for a moment. */
async function readHits(
  connection: Connection,
  indices: Indices,
  scope: Scope,
  references: readonly ChunkReference[],
  wanted: object,
  signal: AbortSignal | undefined,
): Promise<Map<string, ChunkHit[]>> {
  interface Reply {
    readonly hits?: { readonly hits?: readonly ChunkHit[] };
  }
  const ids = [...new Set(references.map(({ chunkId }) => chunkId))];
  const reply = await connection.request<Reply>({
    method: 'POST',
    path: `/${indices.read.chunks}/_search`,
    query: { filter_path: 'hits.hits._source,hits.hits.highlight' },
    body: {
      size: Math.min(ids.length * 3, maxResultWindow),
      query: { bool: { filter: [...readable(scope), { terms: { chunkId: ids } }] } },
      track_total_hits: false,
      ...wanted,
    },
    signal,
  });
  const hits = new Map<string, ChunkHit[]>();
  for (const hit of reply.hits?.hits ?? []) {
    const { chunkId } = hit._source;
    hits.set(chunkId, [...(hits.get(chunkId) ?? []), hit]);
  }
  return hits;
}

async function readStates(
  connection: Connection,
  indices: Indices,
  scope: Scope,
  references: readonly ChunkReference[],
  signal: AbortSignal | undefined,
): Promise<Map<string, DocumentState>> {
  interface Reply {
    readonly docs: readonly { readonly _source?: StateSource }[];
  }
  const documentIds = [...new Set(references.map(({ documentId }) => documentId))];
  const reply = await connection.request<Reply>({
    method: 'POST',
    path: `/${indices.read.documents}/_mget`,
    // With the id, so that what is not there keeps its place.
    query: { _source_includes: 'record,writing', filter_path: 'docs._id,docs._source,docs.error' },
    body: {
      docs: documentIds.map((documentId) => {
        const key = documentKey(scope.tenantId, documentId);
        return { _id: key, routing: key };
      }),
    },
    signal,
  });
  const states = new Map<string, DocumentState>();
  documentIds.forEach((documentId, at) => {
    const source = reply.docs[at]?._source;
    if (source !== undefined) states.set(documentId, readState(source));
  });
  return states;
}

/**
 * The chunk that its document's state owns to. One of before is shown until the new one can be found, so that a document
 * does not vanish while it is replaced, however often; a chunk of a write that is not finished never is.
 */
function standing(hits: readonly ChunkHit[], state: DocumentState | undefined): ChunkHit | undefined {
  const { current, previous = [] } = state?.writing ?? {};
  for (const generation of current === undefined ? [] : [current.number, ...previous]) {
    const hit = hits.find(({ _source }) => _source.generation === generation);
    if (hit !== undefined) return hit;
  }
  return undefined;
}

async function parentsOf(
  { connection, indices }: FetchTools,
  shown: readonly Shown[],
  signal: AbortSignal | undefined,
): Promise<Map<string, ParentChunk>> {
  const wanted = new Map<string, { id: string; routing: string }>();
  for (const one of shown) {
    const id = parentIdOf(one);
    if (id === undefined) continue;
    const { tenantId, documentId } = one.record;
    wanted.set(id, { id, routing: documentKey(tenantId, documentId) });
  }
  return readParents(connection, indices, [...wanted.values()], signal);
}

function pickParent(parents: ReadonlyMap<string, ParentChunk>, shown: Shown): { parent?: ParentChunk } {
  const parent = parents.get(parentIdOf(shown) ?? '');
  return parent === undefined ? {} : { parent };
}

function parentIdOf({ hit: { _source }, record: { tenantId, documentId } }: Shown): string | undefined {
  const { parentOrdinal } = readChunk(_source);
  return parentOrdinal === undefined
    ? undefined
    : parentKey(tenantId, documentId, _source.generation, parentOrdinal);
}
