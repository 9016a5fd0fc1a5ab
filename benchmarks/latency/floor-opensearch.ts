import { Pool } from 'undici';
import { filterQuery } from '../../search-engine/opensearch/filter-query.ts';
import type { LoadedSearch } from './search-load.ts';

/** What searches without Braid. */
export interface Floor {
  readonly description: string;
  search(search: LoadedSearch): Promise<void>;
  close(): Promise<void>;
}

const candidates = 100;

/**
 * The two legs as one hand-written `_msearch`: 100 candidates each, tenant and filter inside each leg, ids and scores
 * alone in the reply. Nothing is fused and no text is read, so that it is what a hybrid search takes at least.
 */
export function createOpenSearchFloor(url: string, index: string): Floor {
  const pool = new Pool(url, { connections: 32 });
  const header = `${JSON.stringify({ index })}\n`;
  return {
    description:
      'one hand-written _msearch of the two legs, 100 candidates each, tenant and filter inside each, ids and scores in the reply; no fusion, no text',
    async search({ tenantId, text, vector, filter }) {
      const filters = [{ term: { tenantId } }, ...(filter === undefined ? [] : [filterQuery(filter)])];
      const shown = { size: candidates, _source: false, track_total_hits: false };
      const lexical = {
        ...shown,
        query: { bool: { must: [{ match: { body: text } }], filter: filters } },
        sort: ['_score', { documentId: 'asc' }, { ordinal: 'asc' }],
      };
      const dense = {
        ...shown,
        query: {
          knn: {
            vector: { vector: Array.from(vector), k: candidates, filter: { bool: { filter: filters } } },
          },
        },
        sort: ['_score', { documentId: 'asc' }, { ordinal: 'asc' }],
      };
      const { statusCode, body } = await pool.request({
        method: 'POST',
        path: '/_msearch?filter_path=responses.status,responses.hits.hits.sort',
        headers: { 'content-type': 'application/x-ndjson' },
        body: `${header}${JSON.stringify(lexical)}\n${header}${JSON.stringify(dense)}\n`,
      });
      const reply = (await body.json()) as { responses?: { status: number }[] };
      if (statusCode !== 200 || reply.responses?.some(({ status }) => status !== 200)) {
        throw new Error(`the floor's _msearch was answered ${statusCode}`);
      }
    },
    close: () => pool.close(),
  };
}
