import { ModelUnavailable } from '../../domain/errors.ts';
import type { Hit, SearchRequest, SearchResponse } from '../../domain/search.ts';
import { mapQueries } from '../relevance/map-queries.ts';
import { metricOf } from '../relevance/measure-ranking.ts';
import type { CollectedQuery } from './collect-legs.ts';
import type { LoadedSet } from './load-sets.ts';
import { type Point, settingsOf } from './search-space.ts';
import type { StepOption } from './steps.ts';
import type { TopMetric } from './top-metric.ts';

/** Searches by `base` with each option; values in the order of the options, then of the queries. */
export async function measureStep(
  { search }: Pick<LoadedSet, 'search'>,
  queries: readonly CollectedQuery[],
  base: Point,
  options: readonly StepOption[],
  metric: TopMetric,
  onSearch: () => void,
): Promise<number[][]> {
  const runs = runsOf(options);
  const measure = metricOf(metric.name);
  const perQuery = await mapQueries(queries, async ({ query }) => {
    const values = new Map<StepOption, number>();
    for (const { request, topK, read } of runs) {
      const response = await searchWhole(search, query.queryId, {
        ...settingsOf(base),
        ...request,
        query: query.text,
        topK: Math.min(Math.max(topK, metric.depth), base.candidates),
        collapse: 'document',
      });
      onSearch();
      for (const option of read) {
        const ranking = rankedTo(response.results, option.rerankDepth).map(({ documentId }) => documentId);
        values.set(option, measure(ranking, query.grades));
      }
    }
    return values;
  });
  return options.map((option) => perQuery.map((values) => values.get(option)!));
}

/** What is degraded is another configuration; a model that failed once may answer the next time. */
async function searchWhole(
  search: LoadedSet['search'],
  queryId: string,
  request: SearchRequest,
): Promise<SearchResponse> {
  for (let tries = 1; ; tries += 1) {
    const response = await search(request);
    const [degradation] = response.degraded;
    if (degradation === undefined) return response;
    if (tries === 3) {
      throw new ModelUnavailable(
        `Cannot tune on query "${queryId}": ${degradation.stage} was done without, ${degradation.reason}`,
      );
    }
  }
}

/** How many searches a query takes. */
export function searchesOf(options: readonly StepOption[]): number {
  return runsOf(options).length;
}

/** One search, and the options that its hits tell. */
interface StepRun {
  readonly request: Partial<SearchRequest>;
  readonly topK: number;
  readonly read: readonly StepOption[];
}

/** A reranker runs once, to its greatest depth: its scores of fewer hits are among those. */
function runsOf(options: readonly StepOption[]): StepRun[] {
  const runs = new Map<string, StepOption[]>();
  for (const option of options) {
    const { candidates: _, ...others } = option.request.rerank || { candidates: 0 };
    const key = JSON.stringify(option.rerankDepth === 0 ? option.request : others);
    runs.set(key, [...(runs.get(key) ?? []), option]);
  }
  return [...runs.values()].map((read) => {
    const deepest = read.reduce((most, option) => (option.rerankDepth > most.rerankDepth ? option : most));
    return { request: deepest.request, topK: deepest.rerankDepth, read };
  });
}

/** The hits as a reranker of the first `depth` leaves them, from those of a deeper one; as they are for depth 0. */
export function rankedTo(hits: readonly Hit[], depth: number): readonly Hit[] {
  if (depth === 0) return hits;
  const placeOf = ({ breakdown }: Hit) => (breakdown.boosted ?? breakdown.fused).rank;
  return [...hits]
    .sort((left, right) => placeOf(left) - placeOf(right))
    .slice(0, depth)
    .sort(
      (left, right) =>
        right.breakdown.rerank!.score - left.breakdown.rerank!.score || placeOf(left) - placeOf(right),
    );
}
