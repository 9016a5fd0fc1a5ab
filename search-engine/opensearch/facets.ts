import { InvalidInput } from '../../domain/errors.ts';
import type { Scope } from '../../domain/scope.ts';
import type { FacetRequest, FacetResult } from '../../domain/search.ts';
import type { LegsQuery } from '../search-engine.ts';
import type { Connection } from './connection.ts';
import { type FacetReply, facetAggregation, readFacet } from './facet-aggregation.ts';
import { Rejection, tooManyBuckets } from './failure.ts';
import type { Query } from './filter-query.ts';
import type { Indices } from './indices.ts';
import { lexicalQuery } from './lexical-query.ts';
import { readable } from './scope-query.ts';

const keysAPage = 10_000;

/**
 * Counts documents in the index of documents, where each is one entry: exact. Where the text has to match, the matching
 * documents are gathered first, all of them, from the index of chunks, which takes a request for every 10,000.
 */
export async function findFacets(
  connection: Connection,
  indices: Indices,
  scope: Scope,
  { lexical, filter, facetsMatchText }: LegsQuery,
  words: string | undefined,
  facets: readonly FacetRequest[],
  signal: AbortSignal | undefined,
): Promise<readonly FacetResult[]> {
  if (facets.length === 0) return [];
  const filters = readable(scope, filter);
  const matching: Query[] =
    facetsMatchText && lexical !== undefined
      ? [
          words === undefined
            ? { match_none: {} }
            : {
                ids: {
                  values: await matchingDocuments(
                    connection,
                    indices,
                    { bool: { must: [lexicalQuery(words, lexical.fields)], filter: filters } },
                    signal,
                  ),
                },
              },
        ]
      : [];
  const request = connection.request<{ readonly aggregations?: Record<string, FacetReply> }>({
    method: 'POST',
    path: `/${indices.read.documents}/_search`,
    body: {
      size: 0,
      query: { bool: { filter: [...filters, { term: { status: 'live' } }, ...matching] } },
      aggs: Object.fromEntries(facets.map((facet, at) => [String(at), facetAggregation(facet)])),
    },
    signal,
  });
  const reply = await request.catch((error: unknown) => {
    if (!(error instanceof Rejection && error.type === tooManyBuckets)) throw error;
    throw new InvalidInput(
      'facets',
      'Expected facets to have fewer buckets: make them wider, or the filter narrower',
      {
        cause: error,
      },
    );
  });
  return facets.map((facet, at) => readFacet(facet, reply.aggregations?.[String(at)]));
}

async function matchingDocuments(
  connection: Connection,
  indices: Indices,
  query: Query,
  signal: AbortSignal | undefined,
): Promise<string[]> {
  interface Reply {
    readonly aggregations: {
      readonly documents: {
        readonly after_key?: object;
        readonly buckets: readonly { readonly key: { readonly key: string } }[];
      };
    };
  }
  const keys: string[] = [];
  let after: object | undefined;
  for (;;) {
    const reply: Reply = await connection.request<Reply>({
      method: 'POST',
      path: `/${indices.read.chunks}/_search`,
      body: {
        size: 0,
        query,
        aggs: {
          documents: {
            composite: {
              size: keysAPage,
              sources: [{ key: { terms: { field: 'documentKey' } } }],
              ...(after !== undefined && { after }),
            },
          },
        },
      },
      signal,
    });
    const { buckets, after_key } = reply.aggregations.documents;
    for (const { key } of buckets) keys.push(key.key);
    if (after_key === undefined || buckets.length < keysAPage) return keys;
    after = after_key;
  }
}
