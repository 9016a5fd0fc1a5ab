import { createHash, randomUUID } from 'node:crypto';
import { RevisionConflict } from '../../domain/errors.ts';
import type { StateEntry, StateOwner, StateStore } from '../state-store.ts';
import type { Connection } from './connection.ts';
import { Rejection } from './failure.ts';
import type { Indices } from './indices.ts';
import { removeState } from './remove-tenant.ts';

interface EntrySource {
  readonly owner: string;
  readonly collection: string;
  readonly key: string;
  /** JSON. */
  readonly value: string;
  readonly token: string;
}

interface FoundEntry {
  readonly _seq_no: number;
  readonly _primary_term: number;
  readonly _source: EntrySource;
}

export function createStateStore(connection: Connection, indices: Indices): StateStore {
  const get = async (id: string): Promise<FoundEntry | undefined> => {
    try {
      return await connection.request<FoundEntry>({
        method: 'GET',
        path: `/${indices.read.state}/_doc/${id}`,
      });
    } catch (error) {
      if (error instanceof Rejection && error.status === 404 && error.type === '') return undefined;
      throw error;
    }
  };

  return {
    get: async (owner, collection, key) => {
      const found = await get(idOf(ownerOf(owner), collection, key));
      return found && readEntry(found);
    },

    put: async (owner, collection, key, value, expected) => {
      const id = idOf(ownerOf(owner), collection, key);
      const token = randomUUID();
      const source: EntrySource = {
        owner: ownerOf(owner),
        collection,
        key,
        value: JSON.stringify(value),
        token,
      };
      try {
        const written = await connection.request<FoundEntry>({
          method: 'PUT',
          path: `/${indices.write.state}/${expected === null ? '_create' : '_doc'}/${id}`,
          query: { require_alias: true, ...(typeof expected === 'string' && conditionOf(expected)) },
          body: source,
        });
        return revisionOf(written);
      } catch (error) {
        if (!(error instanceof Rejection && error.status === 409)) throw error;
        // A write whose answer was lost is sent again and then meets itself.
        const found = await get(id);
        if (found?._source.token === token) return revisionOf(found);
        throw new RevisionConflict(`Cannot write ${collection}/${key}: something else is stored there`);
      }
    },

    remove: async (owner, collection, key) => {
      try {
        const id = idOf(ownerOf(owner), collection, key);
        await connection.request({ method: 'DELETE', path: `/${indices.write.state}/_doc/${id}` });
      } catch (error) {
        if (!(error instanceof Rejection && error.status === 404 && error.type === '')) throw error;
      }
    },

    removeTenant: ({ tenantId }) => removeState(connection, indices, tenantId),

    list: async (owner, collection, { after, limit }) => {
      await connection.request({ method: 'POST', path: `/${indices.read.state}/_refresh` });
      const conditions = [
        { term: { collection } },
        ...(owner === 'all' ? [] : [{ term: { owner: ownerOf(owner) } }]),
      ];
      const search = async (filter: readonly object[], size: number): Promise<readonly FoundEntry[]> => {
        interface Reply {
          readonly hits: { readonly hits: readonly FoundEntry[] };
        }
        const reply = await connection.request<Reply>({
          method: 'POST',
          path: `/${indices.read.state}/_search`,
          body: {
            size,
            query: { bool: { filter, ...(owner === 'all' && { must_not: [{ term: { owner: system } }] }) } },
            sort: [{ key: 'asc' }, { owner: 'asc' }],
            seq_no_primary_term: true,
          },
        });
        return reply.hits.hits;
      };
      const found = await search(
        [...conditions, ...(after === undefined ? [] : [{ range: { key: { gt: after } } }])],
        limit,
      );
      const last = found.at(-1)?._source;
      if (owner !== 'all' || last === undefined || found.length < limit) return found.map(readEntry);
      // A page goes on after a key, so that the tenants that share its last one must all be on it.
      const others = await search(
        [...conditions, { term: { key: last.key } }, { range: { owner: { gt: last.owner } } }],
        10_000,
      );
      return [...found, ...others].map(readEntry);
    },
  };
}

/** No tenant id is empty. */
const system = '';

function ownerOf(owner: StateOwner): string {
  return owner === 'system' ? system : owner.tenantId;
}

function idOf(owner: string, collection: string, key: string): string {
  return createHash('sha256')
    .update(JSON.stringify([owner, collection, key]))
    .digest('base64url');
}

function readEntry(found: FoundEntry): StateEntry {
  const { owner, key, value } = found._source;
  return {
    ...(owner !== system && { tenantId: owner }),
    key,
    value: JSON.parse(value),
    revision: revisionOf(found),
  };
}

function revisionOf(found: Pick<FoundEntry, '_seq_no' | '_primary_term'>): string {
  return `${found._seq_no}.${found._primary_term}`;
}

/** @throws {RevisionConflict} for what this engine never handed out */
function conditionOf(revision: string): { if_seq_no: string; if_primary_term: string } {
  const [, sequence, term] = /^(\d+)\.(\d+)$/.exec(revision) ?? [];
  if (sequence === undefined || term === undefined) {
    throw new RevisionConflict(`Cannot write with the revision ${JSON.stringify(revision)}: it is not known`);
  }
  return { if_seq_no: sequence, if_primary_term: term };
}
