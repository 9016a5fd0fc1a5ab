import { ModelUnavailable } from '../../domain/errors.ts';
import type { Scope } from '../../domain/scope.ts';
import type { ResolvedSearchRequest, SearchRequest } from '../../domain/search.ts';
import type { Pipeline } from '../../pipeline.ts';
import { type Metrics, meanMetrics, measureRanking } from './measure-ranking.ts';
import type { DatasetQuery } from './read-dataset.ts';
import type { RankedDocument } from './trec-run.ts';

/** What a configuration returned for each query, and what that is worth. */
export interface ConfigurationRun {
  readonly metrics: Metrics;
  /** In the order of the queries. */
  readonly perQuery: readonly QueryRun[];
  /** The request as it was carried out, without the query. */
  readonly request: Omit<ResolvedSearchRequest, 'query'>;
  readonly seconds: number;
}

export interface QueryRun {
  readonly queryId: string;
  /** One entry a document, best first. */
  readonly ranking: readonly RankedDocument[];
  readonly metrics: Metrics;
}

/** Searches in work at once; rankings do not depend on it. */
const concurrency = 2;

/**
 * Carries out one search request for each query and measures the rankings.
 * @throws {ModelUnavailable} when a search was degraded: its figures would be those of another configuration
 */
export async function runConfiguration(
  pipeline: Pick<Pipeline, 'search'>,
  scope: Scope,
  request: Omit<SearchRequest, 'query' | 'cursor'>,
  queries: readonly DatasetQuery[],
  onQuery: (done: number) => void,
): Promise<ConfigurationRun> {
  const startedAt = performance.now();
  const perQuery: QueryRun[] = new Array(queries.length);
  let resolved: Omit<ResolvedSearchRequest, 'query'> | undefined;
  let next = 0;
  let done = 0;

  const work = async (): Promise<void> => {
    while (next < queries.length) {
      const at = next;
      next += 1;
      const { queryId, text, grades } = queries[at]!;
      const response = await pipeline.search(scope, { ...request, query: text });
      const [degradation] = response.degraded;
      if (degradation !== undefined) {
        throw new ModelUnavailable(
          `Cannot measure query "${queryId}": ${degradation.stage} was done without, ${degradation.reason}`,
        );
      }
      const { query: _, ...carriedOut } = response.request;
      resolved ??= carriedOut;
      const ranking = rankDocuments(response.results);
      const documentIds = ranking.map(({ documentId }) => documentId);
      perQuery[at] = { queryId, ranking, metrics: measureRanking(documentIds, grades) };
      done += 1;
      onQuery(done);
    }
  };
  const workers = Array.from({ length: concurrency }, () =>
    work().catch((error: unknown) => {
      // The others stop after the query that they are at, so that nothing still runs when the engine is closed.
      next = queries.length;
      throw error;
    }),
  );
  for (const outcome of await Promise.allSettled(workers)) {
    if (outcome.status === 'rejected') throw outcome.reason;
  }

  return {
    metrics: meanMetrics(perQuery.map(({ metrics }) => metrics)),
    perQuery,
    request: resolved!,
    seconds: (performance.now() - startedAt) / 1_000,
  };
}

/** A document stands where its best hit stands, once, also where the request does not collapse. */
function rankDocuments(hits: readonly RankedDocument[]): RankedDocument[] {
  const seen = new Set<string>();
  const ranking: RankedDocument[] = [];
  for (const { documentId, score } of hits) {
    if (seen.has(documentId)) continue;
    seen.add(documentId);
    ranking.push({ documentId, score });
  }
  return ranking;
}
