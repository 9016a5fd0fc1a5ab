import type { Chunk, ParentChunk } from '../../domain/chunk.ts';
import { documentKey } from '../../domain/chunk.ts';
import { EngineUnavailable } from '../../domain/errors.ts';
import type { EmbeddedChunk, ReplacedChunks } from '../document-store.ts';
import {
  type ChunkSource,
  chunkFields,
  chunkKey,
  parentKey,
  readChunk,
  readFingerprint,
  readParent,
} from './chunk-source.ts';
import type { Connection } from './connection.ts';
import type { Generation } from './document-state.ts';
import type { Indices } from './indices.ts';

const idsARequest = 500;

interface DocumentIds {
  readonly tenantId: string;
  readonly documentId: string;
}

/** The chunks of one generation by ordinal, as of the last acknowledged write. */
export async function readChunks(
  connection: Connection,
  indices: Indices,
  { tenantId, documentId }: DocumentIds,
  { number, chunks }: Generation,
): Promise<Chunk[]> {
  const ids = ordinals(chunks).map((at) => chunkKey(tenantId, documentId, number, at));
  const routing = documentKey(tenantId, documentId);
  const sources = await readSources<ChunkSource>(connection, indices, ids, routing, chunkFields);
  return sources.map(readChunk);
}

/**
 * The same with vectors, fingerprints and parents: everything that it takes to write them once more.
 * @throws {EngineUnavailable} when some of it is missing, which only a damaged index explains
 */
export async function readStoredChunks(
  connection: Connection,
  indices: Indices,
  { tenantId, documentId }: DocumentIds,
  generation: Generation,
): Promise<ReplacedChunks> {
  const { number, chunks } = generation;
  const routing = documentKey(tenantId, documentId);
  const stored = await readSources<ChunkSource & { readonly vector: readonly number[] }>(
    connection,
    indices,
    ordinals(chunks).map((at) => chunkKey(tenantId, documentId, number, at)),
    routing,
    [...chunkFields, 'vector'],
  );
  const found = await readStoredParents(connection, indices, { tenantId, documentId }, generation);
  if (stored.length < chunks || stored.some(({ vector }) => vector === undefined)) {
    throw new EngineUnavailable(
      `Cannot update document ${JSON.stringify(documentId)}: the index ${indices.read.chunks} has lost some of its chunks`,
    );
  }
  return {
    chunks: stored.map(
      (source): EmbeddedChunk => ({
        chunk: readChunk(source),
        fingerprint: readFingerprint(source),
        vector: Float32Array.from(source.vector),
      }),
    ),
    parents: found,
  };
}

/** The parents of one generation by ordinal, as of the last acknowledged write. */
export async function readStoredParents(
  connection: Connection,
  indices: Indices,
  { tenantId, documentId }: DocumentIds,
  { number, parents }: Generation,
): Promise<ParentChunk[]> {
  const found = await readSources<{ readonly parent: string }>(
    connection,
    indices,
    ordinals(parents).map((at) => parentKey(tenantId, documentId, number, at)),
    documentKey(tenantId, documentId),
    ['parent'],
  );
  return found.map(readParent);
}

/** Parents by the ids that `parentKey` gives. */
export async function readParents(
  connection: Connection,
  indices: Indices,
  wanted: readonly { readonly id: string; readonly routing: string }[],
  signal: AbortSignal | undefined,
): Promise<Map<string, ParentChunk>> {
  if (wanted.length === 0) return new Map();
  const reply = await connection.request<GetReply<{ readonly parent: string }>>({
    method: 'POST',
    path: `/${indices.read.chunks}/_mget`,
    query: { _source_includes: 'parent' },
    body: { docs: wanted.map(({ id, routing }) => ({ _id: id, routing })) },
    signal,
  });
  return new Map(
    reply.docs.flatMap(({ _id, _source }) => (_source === undefined ? [] : [[_id, readParent(_source)]])),
  );
}

interface GetReply<S> {
  readonly docs: readonly { readonly _id: string; readonly _source?: S }[];
}

async function readSources<S>(
  connection: Connection,
  indices: Indices,
  ids: readonly string[],
  routing: string,
  fields: readonly string[],
): Promise<S[]> {
  const sources: S[] = [];
  for (let from = 0; from < ids.length; from += idsARequest) {
    const reply = await connection.request<GetReply<S>>({
      method: 'POST',
      path: `/${indices.read.chunks}/_mget`,
      query: { _source_includes: fields.join(',') },
      body: { docs: ids.slice(from, from + idsARequest).map((id) => ({ _id: id, routing })) },
    });
    for (const { _source } of reply.docs) if (_source !== undefined) sources.push(_source);
  }
  return sources;
}

function ordinals(count: number): number[] {
  return Array.from({ length: count }, (_, at) => at);
}
