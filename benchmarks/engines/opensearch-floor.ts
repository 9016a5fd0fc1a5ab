import { Pool } from 'undici';
import { chunkIdOf } from '../../domain/chunk.ts';
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
    readonly hits: readonly { readonly _source: { readonly chunkId: string; readonly body: string } }[];
  };
}

/**
 * The body of the floor's `_msearch`: tenant inside each leg. A hit is told by what it is sorted by, so that nothing is
 * loaded for it: its `_id` is a stored field.
 */
export function floorBody(
  index: string,
  { tenantId, text, vector }: SyntheticQuery,
  candidates: number,
): string {
  const header = JSON.stringify({ index });
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
 * `legs`: one `_msearch`, fused, and no text read. `texts`: after it the ten texts by their ids, so that the caller
 * holds what a hit of Braid shows.
 */
export function createOpenSearchFloor(
  url: string,
  index: string,
  candidates: number,
  connections: number,
  what: 'legs' | 'texts',
): Contender {
  const pool = new Pool(url, { connections });
  const post = async <T>(path: string, type: string, body: string): Promise<T> => {
    const reply = await pool.request({ method: 'POST', path, headers: { 'content-type': type }, body });
    const text = await reply.body.text();
    if (reply.statusCode !== 200) throw new Error(`the floor was answered ${reply.statusCode}: ${text}`);
    return JSON.parse(text) as T;
  };
  return {
    name: what === 'legs' ? 'bare _msearch' : 'bare _msearch, ten texts read',
    async load() {},
    async search(query, topK) {
      const { responses } = await post<Reply>(
        '/_msearch?filter_path=responses.status,responses.hits.hits.sort',
        'application/x-ndjson',
        floorBody(index, query, candidates),
      );
      if (responses.some(({ status }) => status !== 200)) throw new Error('a leg of the floor failed');
      const [lexical, dense] = responses.map(({ hits }) =>
        (hits?.hits ?? []).map(({ sort: [score, documentId, ordinal] }) => ({
          row: chunkIdOf(query.tenantId, documentId, ordinal),
          score,
        })),
      );
      const ids = fuseRows(lexical!, dense!, topK);
      if (what === 'legs' || ids.length === 0) return ids;
      const { hits } = await post<Texts>(
        `/${index}/_search?filter_path=hits.hits._source`,
        'application/json',
        JSON.stringify({
          size: topK,
          track_total_hits: false,
          query: { bool: { filter: [{ term: { tenantId: query.tenantId } }, { terms: { chunkId: ids } }] } },
          _source: ['documentId', 'chunkId', 'ordinal', 'body', 'title', 'chunk'],
        }),
      );
      const texts = new Map(hits.hits.map(({ _source }) => [_source.chunkId, _source.body]));
      return ids.map((id) => texts.get(id)!);
    },
    close: () => pool.close(),
  };
}
