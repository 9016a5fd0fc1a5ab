import type { RemovedDocuments } from '../document-store.ts';
import type { Connection } from './connection.ts';
import type { Indices } from './indices.ts';
import type { IndexKind } from './mappings.ts';

/** Removes the documents, chunks and kept vectors of a tenant; documents first, so that a writer's commit meets none. */
export async function removeDocuments(
  connection: Connection,
  indices: Indices,
  tenantId: string,
): Promise<RemovedDocuments> {
  const ofTenant = { term: { tenantId } };
  const documents = await removeAll(connection, indices, 'documents', ofTenant);
  const chunks = await removeAll(connection, indices, 'chunks', ofTenant);
  const vectors = await removeAll(connection, indices, 'vectors', ofTenant);
  return { documents, chunks, vectors };
}

/** Removes the state of a tenant and counts it by collection. */
export async function removeState(
  connection: Connection,
  indices: Indices,
  owner: string,
): Promise<Record<string, number>> {
  const removed: Record<string, number> = {};
  for (;;) {
    const next = await someCollection(connection, indices, owner);
    if (next === undefined) return removed;
    const filter = { bool: { filter: [{ term: { owner } }, { term: { collection: next } }] } };
    removed[next] = (removed[next] ?? 0) + (await removeAll(connection, indices, 'state', filter));
  }
}

async function someCollection(
  connection: Connection,
  indices: Indices,
  owner: string,
): Promise<string | undefined> {
  interface Reply {
    readonly hits: { readonly hits: readonly { readonly _source: { readonly collection: string } }[] };
  }
  await refresh(connection, indices, 'state');
  const reply = await connection.request<Reply>({
    method: 'POST',
    path: `/${indices.read.state}/_search`,
    body: { size: 1, query: { bool: { filter: [{ term: { owner } }] } }, _source: ['collection'] },
  });
  return reply.hits.hits[0]?._source.collection;
}

/** Until a search of all shards finds nothing: what a writer changes meanwhile is passed over and met the next time. */
async function removeAll(
  connection: Connection,
  indices: Indices,
  kind: IndexKind,
  query: object,
): Promise<number> {
  let removed = 0;
  for (;;) {
    await refresh(connection, indices, kind);
    // A search, not a count: that one leaves out the shards that are away, and what they hold would stay.
    const { hits } = await connection.request<{
      readonly hits: { readonly total: { readonly value: number } };
    }>({
      method: 'POST',
      path: `/${indices.read[kind]}/_search`,
      body: { query, size: 0, track_total_hits: true },
    });
    if (hits.total.value === 0) return removed;
    const { deleted } = await connection.request<{ readonly deleted: number }>({
      method: 'POST',
      path: `/${indices.read[kind]}/_delete_by_query`,
      query: { conflicts: 'proceed', refresh: true, max_docs: 10_000 },
      body: { query },
    });
    removed += deleted;
  }
}

async function refresh(connection: Connection, indices: Indices, kind: IndexKind): Promise<void> {
  await connection.request({ method: 'POST', path: `/${indices.read[kind]}/_refresh` });
}
