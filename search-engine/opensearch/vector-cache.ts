import { createHash } from 'node:crypto';
import type { EmbeddedChunk } from '../document-store.ts';
import { type Bulk, type BulkItem, writeBulk } from './bulk.ts';
import type { Connection } from './connection.ts';
import type { Get } from './get.ts';
import type { Indices } from './indices.ts';

const unusedForMs = 7 * 24 * 60 * 60 * 1_000;
const idsARequest = 1_000;
const pruneAtOnce = 500;

/** Stands for a tenant's vector of one fingerprint; other tenants' ids cannot be guessed from it. */
export function vectorIdOf(tenantId: string, fingerprint: string): string {
  return createHash('sha256').update(`${tenantId}\0${fingerprint}`).digest('base64url').slice(0, 32);
}

/** The writes that keep a document's vectors, each once, for as long as chunks use them and 7 days more. */
export function* vectorWrites(
  indices: Indices,
  tenantId: string,
  chunks: readonly EmbeddedChunk[],
  usedAt: Date,
): Generator<BulkItem> {
  const seen = new Set<string>();
  for (const { fingerprint, vector } of chunks) {
    if (seen.has(fingerprint)) continue;
    seen.add(fingerprint);
    const bytes = Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength);
    yield {
      action: 'index',
      index: indices.write.vectors,
      id: vectorIdOf(tenantId, fingerprint),
      source: JSON.stringify({ tenantId, vector: bytes.toString('base64'), usedAt: usedAt.toISOString() }),
    };
  }
}

/** Stored vectors by fingerprint, as of the last acknowledged write; those not stored are left out. */
export async function readVectors(
  get: Get,
  indices: Indices,
  tenantId: string,
  fingerprints: readonly string[],
): Promise<Map<string, Float32Array>> {
  const wanted = [...new Set(fingerprints)];
  const vectors = new Map<string, Float32Array>();
  for (let from = 0; from < wanted.length; from += idsARequest) {
    const part = wanted.slice(from, from + idsARequest);
    const found = await get<{ readonly tenantId: string; readonly vector: string }>(
      part.map((fingerprint) => ({
        index: indices.read.vectors,
        id: vectorIdOf(tenantId, fingerprint),
        fields: ['tenantId', 'vector'],
      })),
    );
    part.forEach((fingerprint, at) => {
      const source = found[at]?.source;
      if (source?.tenantId !== tenantId) return;
      // A copy, since a Buffer may begin anywhere in its memory and a Float32Array may not.
      vectors.set(
        fingerprint,
        new Float32Array(Uint8Array.from(Buffer.from(source.vector, 'base64')).buffer),
      );
    });
  }
  return vectors;
}

/** Removes vectors that were written more than 7 days ago and that no chunk uses; the others are kept anew. */
export async function pruneVectors(
  { connection, bulk }: { readonly connection: Connection; readonly bulk: Bulk },
  indices: Indices,
  now: Date,
): Promise<number> {
  interface Reply {
    readonly hits: {
      readonly hits: readonly { readonly _id: string; readonly _source: { vector: string } }[];
    };
  }
  let removed = 0;
  for (;;) {
    await connection.request({ method: 'POST', path: `/${indices.read.vectors}/_refresh` });
    const old = await connection.request<Reply>({
      method: 'POST',
      path: `/${indices.read.vectors}/_search`,
      body: {
        size: pruneAtOnce,
        query: { range: { usedAt: { lt: new Date(now.getTime() - unusedForMs).toISOString() } } },
      },
    });
    const entries = old.hits.hits;
    if (entries.length === 0) return removed;
    const used = await usedIds(
      connection,
      indices,
      entries.map(({ _id }) => _id),
    );
    removed += entries.filter(({ _id }) => !used.has(_id)).length;
    await writeBulk(
      bulk,
      entries.map(({ _id: id, _source }): BulkItem => {
        if (!used.has(id)) return { action: 'delete', index: indices.write.vectors, id };
        const source = JSON.stringify({ ..._source, usedAt: now.toISOString() });
        return { action: 'index', index: indices.write.vectors, id, source };
      }),
    );
  }
}

async function usedIds(
  connection: Connection,
  indices: Indices,
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  interface Reply {
    readonly hits: {
      readonly hits: readonly { readonly fields: { readonly vectorId: readonly string[] } }[];
    };
  }
  const reply = await connection.request<Reply>({
    method: 'POST',
    path: `/${indices.read.chunks}/_search`,
    body: {
      size: ids.length,
      query: { bool: { filter: [{ terms: { vectorId: ids } }] } },
      collapse: { field: 'vectorId' },
      _source: false,
    },
  });
  return new Set(reply.hits.hits.map(({ fields }) => fields.vectorId[0]!));
}
