import { Pool } from 'undici';
import { chunkIdOf, documentKey } from '../../domain/chunk.ts';
import type { Contender } from './contender.ts';
import { fuseRows } from './fuse-rows.ts';
import type { SyntheticQuery } from './synthetic-corpus.ts';

interface Reply {
  readonly responses: readonly {
    readonly status: number;
    readonly hits?: { readonly hits: readonly { readonly sort: readonly [number, string, number] }[] };
  }[];
}

interface Texts {
  readonly hits: {
    readonly hits: readonly {
      readonly _source: { readonly chunkId: string; readonly documentId: string; readonly body: string };
    }[];
  };
}

interface Records {
  readonly docs: readonly { readonly _source?: { readonly record: string } }[];
}

/** What the floor brings to its caller. */
export type FloorReach =
  /** One `_msearch`, fused: ids and scores. */
  | 'legs'
  /** After it the texts of the ten that won. */
  | 'texts'
  /** After it their texts, and beside them their documents' records: all that a hit of Braid shows. */
  | 'hits';

const floorNames: Readonly<Record<FloorReach, string>> = {
  legs: 'bare _msearch',
  texts: 'bare _msearch, ten texts read',
  hits: 'bare _msearch, ten hits read whole',
};

function chunksOf(prefix: string): string {
  return `${prefix}-chunks`;
}

/**
 * The body of the floor's `_msearch`: tenant inside each leg. A hit is told by what it is sorted by, so that nothing is
 * loaded for it: its `_id` is a stored field.
 */
export function floorBody(
  prefix: string,
  { tenantId, text, vector }: SyntheticQuery,
  candidates: number,
): string {
  const header = JSON.stringify({ index: chunksOf(prefix) });
  const filter = { term: { tenantId } };
  const shown = {
    size: candidates,
    sort: ['_score', { documentId: 'asc' }, { ordinal: 'asc' }],
    track_total_hits: false,
    _source: false,
    stored_fields: '_none_',
  };
  const must = { combined_fields: { query: text, fields: ['title', 'body'] } };
  const lexical = { ...shown, query: { bool: { must, filter } } };
  const dense = {
    ...shown,
    query: { knn: { vector: { vector: Array.from(vector), k: candidates, filter } } },
  };
  return `${header}\n${JSON.stringify(lexical)}\n${header}\n${JSON.stringify(dense)}\n`;
}

/**
 * The floor on OpenSearch: the least that finds the same, asked for by undici from the process that measures.
 * @param prefix of the names of Braid's indices
 */
export function createOpenSearchFloor(
  url: string,
  prefix: string,
  candidates: number,
  connections: number,
  reach: FloorReach,
): Contender {
  const index = chunksOf(prefix);
  const pool = new Pool(url, { connections });
  const post = async <T>(path: string, type: string, body: string): Promise<T> => {
    const reply = await pool.request({ method: 'POST', path, headers: { 'content-type': type }, body });
    const text = await reply.body.text();
    if (reply.statusCode !== 200) throw new Error(`the floor was answered ${reply.statusCode}: ${text}`);
    return JSON.parse(text) as T;
  };
  const readTexts = async (
    tenantId: string,
    ids: readonly string[],
  ): Promise<ReadonlyMap<string, string>> => {
    const { hits } = await post<Texts>(
      `/${index}/_search?filter_path=hits.hits._source`,
      'application/json',
      JSON.stringify({
        size: ids.length,
        track_total_hits: false,
        query: { bool: { filter: [{ term: { tenantId } }, { terms: { chunkId: ids } }] } },
        _source: ['documentId', 'chunkId', 'ordinal', 'body', 'title', 'chunk'],
      }),
    );
    return new Map(hits.hits.map(({ _source }) => [_source.chunkId, _source.body]));
  };
  const readRecords = async (tenantId: string, documentIds: readonly string[]): Promise<unknown[]> => {
    const keys = [...new Set(documentIds)].map((documentId) => documentKey(tenantId, documentId));
    const { docs } = await post<Records>(
      `/${prefix}-documents/_mget?_source_includes=record&filter_path=docs._id,docs._source`,
      'application/json',
      JSON.stringify({ docs: keys.map((key) => ({ _id: key, routing: key })) }),
    );
    return docs.map(({ _source }) => {
      if (_source === undefined) throw new Error('the floor found a hit whose document has no record');
      return JSON.parse(_source.record);
    });
  };
  return {
    name: floorNames[reach],
    async load() {},
    async search(query, topK) {
      const { responses } = await post<Reply>(
        '/_msearch?filter_path=responses.status,responses.hits.hits.sort',
        'application/x-ndjson',
        floorBody(prefix, query, candidates),
      );
      if (responses.some(({ status }) => status !== 200)) throw new Error('a leg of the floor failed');
      const [lexical, dense] = responses.map(({ hits }) =>
        (hits?.hits ?? []).map(({ sort: [score, documentId, ordinal] }) => ({
          row: chunkIdOf(query.tenantId, documentId, ordinal),
          documentId,
          score,
        })),
      );
      const found = [...lexical!, ...dense!];
      const ids = fuseRows(lexical!, dense!, topK);
      if (reach === 'legs' || ids.length === 0) return ids;
      const documentIds = new Map(found.map(({ row, documentId }) => [row, documentId]));
      const [texts] = await Promise.all([
        readTexts(query.tenantId, ids),
        reach === 'hits'
          ? readRecords(
              query.tenantId,
              ids.map((id) => documentIds.get(id)!),
            )
          : undefined,
      ]);
      return ids.map((id) => texts.get(id)!);
    },
    close: () => pool.close(),
  };
}
