import { BraidError, InvalidInput, ModelUnavailable } from '../../domain/errors.ts';
import type { Scope } from '../../domain/scope.ts';
import type { Breakdown, Hit, ResolvedSearchRequest, SearchRequest } from '../../domain/search.ts';
import type { Pipeline } from '../../pipeline.ts';
import type { RankedDocument } from '../formats/trec-run.ts';
import { quantile } from '../statistics/quantile.ts';
import { mapQueries } from './map-queries.ts';
import { defaultMetrics, type Metrics, meanMetrics, measureRanking } from './measure-ranking.ts';
import type { DatasetQuery } from './read-dataset.ts';

/** What a configuration returned for each query, and what that is worth. */
export interface ConfigurationRun {
  readonly metrics: Metrics;
  /** In the order of the queries. */
  readonly perQuery: readonly QueryRun[];
  /** The request as it was carried out, without the query. */
  readonly request: Omit<ResolvedSearchRequest, 'query'>;
  readonly seconds: number;
  readonly cost: Cost;
}

/** What a search took, with some of them at once and nothing else: to compare by, no load test. */
export interface Cost {
  /** Milliseconds of a search. */
  readonly p50: number;
  readonly p95: number;
  /** Of this process, all its threads; an engine in another process is not in it. */
  readonly cpuMsPerQuery: number;
}

export interface QueryRun {
  readonly queryId: string;
  /** One entry a document, best first. */
  readonly ranking: readonly RankedDocument[];
  /** The first ten as they were shown. */
  readonly shown: readonly ShownHit[];
  readonly metrics: Metrics;
}

/** A document of a ranking with the account of its place. */
export interface ShownHit extends RankedDocument {
  readonly title?: string;
  readonly breakdown?: Breakdown;
}

export interface RunOptions {
  readonly metrics?: readonly string[];
  readonly onQuery?: (done: number) => void;
}

const shownHits = 10;

/**
 * Carries out one search request for each query and measures the rankings.
 * @throws {ModelUnavailable} when a search was degraded: its figures would be those of another configuration
 * @throws {InvalidInput} for a score that is no finite number
 */
export async function runConfiguration(
  pipeline: Pick<Pipeline, 'search'>,
  scope: Scope,
  request: Omit<SearchRequest, 'query' | 'cursor'>,
  queries: readonly DatasetQuery[],
  { metrics = defaultMetrics, onQuery = () => {} }: RunOptions = {},
): Promise<ConfigurationRun> {
  const startedAt = performance.now();
  const cpuBefore = process.cpuUsage();
  const milliseconds: number[] = [];
  let resolved: Omit<ResolvedSearchRequest, 'query'> | undefined;

  const search = async ({ queryId, text, grades }: DatasetQuery): Promise<QueryRun> => {
    const searchedAt = performance.now();
    const response = await pipeline.search(scope, { ...request, query: text });
    milliseconds.push(performance.now() - searchedAt);
    const [degradation] = response.degraded;
    if (degradation !== undefined) {
      throw new ModelUnavailable(
        `Cannot measure query "${queryId}": ${degradation.stage} was done without, ${degradation.reason}`,
      );
    }
    const { query: _, ...carriedOut } = response.request;
    resolved ??= carriedOut;
    const hits = rankDocuments(queryId, response.results);
    const documentIds = hits.map(({ documentId }) => documentId);
    return {
      queryId,
      ranking: hits.map(({ documentId, score }) => ({ documentId, score })),
      shown: hits.slice(0, shownHits).map(toShown),
      metrics: measureRanking(documentIds, grades, metrics),
    };
  };
  const perQuery = await mapQueries(queries, search, onQuery);

  const { user, system } = process.cpuUsage(cpuBefore);
  milliseconds.sort((left, right) => left - right);
  return {
    metrics: meanMetrics(
      perQuery.map((run) => run.metrics),
      metrics,
    ),
    perQuery,
    request: resolved!,
    seconds: (performance.now() - startedAt) / 1_000,
    cost: {
      p50: quantile(milliseconds, 0.5),
      p95: quantile(milliseconds, 0.95),
      cpuMsPerQuery: (user + system) / 1_000 / queries.length,
    },
  };
}

/**
 * Carries out a configuration for one query, so that one that is refused is told before the others take their time.
 * @throws {InvalidInput} naming the configuration
 */
export async function tryConfiguration(
  pipeline: Pick<Pipeline, 'search'>,
  scope: Scope,
  name: string,
  request: Omit<SearchRequest, 'query' | 'cursor'>,
  query: string,
): Promise<void> {
  try {
    await pipeline.search(scope, { ...request, query });
  } catch (error) {
    if (!(error instanceof BraidError)) throw error;
    throw new InvalidInput(
      `configurations.${name}`,
      `Cannot measure configuration "${name}": ${error.message}`,
      {
        cause: error,
      },
    );
  }
}

/** A document stands where its best hit stands, once, also where the request does not collapse. */
function rankDocuments(queryId: string, hits: readonly Hit[]): Hit[] {
  const seen = new Set<string>();
  return hits.filter(({ documentId, score }) => {
    if (!Number.isFinite(score)) {
      throw new InvalidInput(
        'score',
        `Cannot measure query "${queryId}": document "${documentId}" has the score ${score}, expected a finite number`,
      );
    }
    if (seen.has(documentId)) return false;
    seen.add(documentId);
    return true;
  });
}

function toShown({ documentId, score, title, breakdown }: Hit): ShownHit {
  return {
    documentId,
    score,
    ...(title !== undefined && { title }),
    ...(breakdown !== undefined && { breakdown }),
  };
}
