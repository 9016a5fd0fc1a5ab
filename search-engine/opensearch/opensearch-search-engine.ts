import { chunkIdOf } from '../../domain/chunk.ts';
import { EngineMismatch, EngineUnavailable } from '../../domain/errors.ts';
import type { Scope } from '../../domain/scope.ts';
import type { Candidate, Leg, LegsQuery, LegsResult, SearchEngine } from '../search-engine.ts';
import type { Connection } from './connection.ts';
import { cosineOf, denseSearch, isCutInTie, maxNeighbours, nothingLoaded } from './dense-search.ts';
import { findFacets } from './facets.ts';
import { type ErrorReply, replyFailure } from './failure.ts';
import { type FetchTools, fetchChunks, readFeatures } from './fetch-chunks.ts';
import type { Query } from './filter-query.ts';
import type { Indices } from './indices.ts';
import { lexicalQuery, queryWords } from './lexical-query.ts';
import { readable } from './scope-query.ts';

/** What a leg's search answers: of each hit its score, documentId and ordinal, and nothing that has to be loaded. */
interface LegReply {
  readonly took?: number;
  readonly status?: number;
  readonly error?: ErrorReply;
  readonly hits?: { readonly hits?: readonly { readonly sort: readonly [number, string, number] }[] };
}

type Score = (engineScore: number) => number;

/** Equal scores in the order of the port. */
const order = ['_score', { documentId: 'asc' }, { ordinal: 'asc' }];

const noLeg: Leg = { hits: [], milliseconds: 0 };

export function createSearchEngine(
  connection: Connection,
  indices: Indices,
  dimensions: number,
  suspect: FetchTools['suspect'],
): SearchEngine {
  const fetching: FetchTools = { connection, indices, suspect };
  const runLegs = async (searches: readonly object[], signal: AbortSignal | undefined) => {
    if (searches.length === 0) return [];
    const header = JSON.stringify({ index: indices.read.chunks, allow_partial_search_results: false });
    const reply = await connection.request<{ readonly responses: readonly LegReply[] }>({
      method: 'POST',
      path: '/_msearch',
      query: {
        max_concurrent_searches: searches.length,
        filter_path: 'responses.took,responses.status,responses.error,responses.hits.hits.sort',
      },
      lines: searches.map((search) => `${header}\n${JSON.stringify(search)}\n`).join(''),
      signal,
    });
    return reply.responses;
  };

  const lexicalSearch = (
    { lexical }: LegsQuery,
    words: string,
    filters: readonly Query[],
    size = lexical!.candidates,
  ) => ({
    query: { bool: { must: [lexicalQuery(words, lexical!.fields)], filter: filters } },
    sort: order,
    size,
    ...nothingLoaded,
  });

  const nearest = (scope: Scope, { dense, filter }: LegsQuery, neighbours: number) =>
    denseSearch(dense!.vector, neighbours, readable(scope, filter), order);

  /** Neighbours at one distance may go on past the last: then the order among them needs all of them. */
  const untied = async (
    scope: Scope,
    query: LegsQuery,
    reply: LegReply | undefined,
    asked: number,
    signal: AbortSignal | undefined,
  ): Promise<LegReply | undefined> => {
    const scores = reply?.hits?.hits?.map(({ sort }) => sort[0]) ?? [];
    if (!isCutInTie(scores, query.dense!.candidates, asked)) return reply;
    const more = Math.min(asked * 4, maxNeighbours);
    const [wider] = await runLegs([nearest(scope, query, more)], signal);
    return untied(scope, query, wider, more, signal);
  };

  const readLeg = (reply: LegReply | undefined, scope: Scope, candidates: number, score: Score): Leg => {
    const milliseconds = reply?.took ?? 0;
    if (reply?.error !== undefined || reply === undefined) {
      const failure = replyFailure(reply?.status ?? 0, reply?.error ?? {}, connection.url);
      return { hits: [], failed: failure.message, milliseconds };
    }
    const hits: Candidate[] = [];
    const seen = new Set<string>();
    for (const { sort } of reply.hits?.hits ?? []) {
      const [engineScore, documentId, ordinal] = sort;
      const chunkId = chunkIdOf(scope.tenantId, documentId, ordinal);
      // While a document is being replaced, its old and new chunks can both be there for a moment.
      if (seen.has(chunkId)) continue;
      seen.add(chunkId);
      hits.push({ chunkId, documentId, ordinal, score: score(engineScore) });
      if (hits.length === candidates) break;
    }
    return { hits, milliseconds };
  };

  /** Each leg's scores of what only the other one found, by one more round trip over their ids. */
  const complete = async (
    scope: Scope,
    query: LegsQuery,
    words: string | undefined,
    { lexical, dense }: Pick<LegsResult, 'lexical' | 'dense'>,
    signal: AbortSignal | undefined,
  ): Promise<Pick<LegsResult, 'lexical' | 'dense'>> => {
    if (!lexical || !dense || lexical.failed !== undefined || dense.failed !== undefined) {
      return { ...(lexical && { lexical }), ...(dense && { dense }) };
    }
    const unmatched = words === undefined ? [] : idsOnlyIn(dense, lexical);
    const unmeasured = idsOnlyIn(lexical, dense);
    const within = (ids: readonly string[]) => [
      ...readable(scope, query.filter),
      { terms: { chunkId: ids } },
    ];
    const searches = [
      ...(unmatched.length === 0 ? [] : [lexicalSearch(query, words!, within(unmatched), unmatched.length)]),
      // No more chunks pass than are asked for, so that Lucene compares each of them.
      ...(unmeasured.length === 0
        ? []
        : [denseSearch(query.dense!.vector, unmeasured.length, within(unmeasured), order)]),
    ];
    const replies = await runLegs(searches, signal);
    const matched =
      unmatched.length === 0 ? noLeg : readLeg(replies[0], scope, unmatched.length, (score) => score);
    const measured =
      unmeasured.length === 0 ? noLeg : readLeg(replies.at(-1), scope, unmeasured.length, cosineOf);
    const failed = matched.failed ?? measured.failed;
    if (failed !== undefined) throw new EngineUnavailable(failed);
    return {
      lexical: {
        ...lexical,
        milliseconds: lexical.milliseconds + matched.milliseconds,
        completed: new Map(scoresOf(matched)),
      },
      dense: {
        ...dense,
        milliseconds: dense.milliseconds + measured.milliseconds,
        completed: new Map(scoresOf(measured)),
      },
    };
  };

  return {
    find: async (scope, query, signal) => {
      const { lexical, dense, facets = [] } = query;
      if (dense !== undefined && dense.vector.length !== dimensions) {
        throw new EngineMismatch(
          `Cannot search: the query's embedding has ${dense.vector.length} dimensions, expected ${dimensions}`,
        );
      }
      const words = lexical === undefined ? undefined : queryWords(lexical.text);
      const neighbours = dense === undefined ? 0 : Math.min(dense.candidates + 1, maxNeighbours);
      const searches = [
        ...(words === undefined ? [] : [lexicalSearch(query, words, readable(scope, query.filter))]),
        ...(dense === undefined ? [] : [nearest(scope, query, neighbours)]),
      ];
      const [replies, counted] = await Promise.all([
        runLegs(searches, signal),
        findFacets(connection, indices, scope, query, words, facets, signal),
      ]);
      const lexicalReply = words === undefined ? undefined : replies[0];
      const denseReply =
        dense === undefined ? undefined : await untied(scope, query, replies.at(-1), neighbours, signal);
      const legs = {
        ...(lexical !== undefined && {
          lexical:
            words === undefined ? noLeg : readLeg(lexicalReply, scope, lexical.candidates, (score) => score),
        }),
        ...(dense !== undefined && { dense: readLeg(denseReply, scope, dense.candidates, cosineOf) }),
      };
      const failures = Object.values(legs).map(({ failed }) => failed);
      if (failures.length > 0 && failures.every((failed) => failed !== undefined)) {
        throw new EngineUnavailable(failures[0]!);
      }
      return {
        ...(query.complete ? await complete(scope, query, words, legs, signal) : legs),
        facets: counted,
      };
    },

    fetch: (scope, chunks, options, signal) => fetchChunks(fetching, scope, chunks, options, signal),

    features: (scope, chunks, options, signal) => readFeatures(fetching, scope, chunks, options, signal),
  };
}

function idsOnlyIn(leg: Leg, other: Leg): string[] {
  const found = new Set(other.hits.map(({ chunkId }) => chunkId));
  return leg.hits.map(({ chunkId }) => chunkId).filter((chunkId) => !found.has(chunkId));
}

function scoresOf({ hits }: Leg): (readonly [string, number])[] {
  return hits.map(({ chunkId, score }) => [chunkId, score]);
}
