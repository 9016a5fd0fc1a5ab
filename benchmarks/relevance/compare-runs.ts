import { InvalidInput } from '../../domain/errors.ts';
import { compareWithBaseline, type PairedComparison } from '../statistics/paired-comparison.ts';
import type { Metrics } from './measure-ranking.ts';
import type { DatasetQuery } from './read-dataset.ts';
import type { QueryRun, ShownHit } from './run-configuration.ts';

/** One configuration against the baseline, by one metric. */
export interface Comparison extends PairedComparison {
  readonly name: string;
  readonly baseline: string;
  readonly metric: string;
  /** The difference of each query, in the order of the queries. */
  readonly perQuery: readonly number[];
  /** Queries that lost, the largest loss first. */
  readonly worst: readonly WorstQuery[];
}

/** A query whose ranking got worse, with both lists as they were shown. */
export interface WorstQuery {
  readonly queryId: string;
  readonly text: string;
  readonly value: number;
  readonly baselineValue: number;
  readonly hits: readonly GradedHit[];
  readonly baselineHits: readonly GradedHit[];
}

/** `grade` is absent where nobody judged the document. */
export interface GradedHit extends ShownHit {
  readonly grade?: number;
}

/** A measured configuration under its name. */
export interface NamedRun {
  readonly name: string;
  readonly run: { readonly perQuery: readonly QueryRun[] };
}

const worstQueries = 20;

/**
 * Compares each run with the baseline's, query by query; Holm's correction is over all of them.
 * @throws {InvalidInput} when no run has the baseline's name
 */
export function compareRuns(
  runs: readonly NamedRun[],
  queries: readonly DatasetQuery[],
  baselineName: string,
  metric: string,
): Comparison[] {
  const baseline = runs.find(({ name }) => name === baselineName);
  if (baseline === undefined) {
    throw new InvalidInput(
      'baseline',
      `Expected the baseline to be one of ${runs.map(({ name }) => name).join(', ')}, got ${JSON.stringify(baselineName)}`,
    );
  }
  const others = runs.filter(({ name }) => name !== baselineName);
  const values = ({ run }: NamedRun) => run.perQuery.map(({ metrics }) => metricValue(metrics, metric));
  const baselineValues = values(baseline);
  const compared = compareWithBaseline(baselineValues, others.map(values));
  return others.map((other, at) => {
    const perQuery = values(other).map((value, query) => value - baselineValues[query]!);
    return {
      name: other.name,
      baseline: baselineName,
      metric,
      ...compared[at]!,
      perQuery,
      worst: worstOf(perQuery).map((query) => describe(query, other, baseline, queries, metric)),
    };
  });
}

function worstOf(differences: readonly number[]): number[] {
  return differences
    .map((_, at) => at)
    .filter((at) => differences[at]! < -1e-9)
    .sort((left, right) => differences[left]! - differences[right]! || left - right)
    .slice(0, worstQueries);
}

function describe(
  at: number,
  run: NamedRun,
  baseline: NamedRun,
  queries: readonly DatasetQuery[],
  metric: string,
): WorstQuery {
  const { queryId, text, grades } = queries[at]!;
  const [own, other] = [run, baseline].map((named) => named.run.perQuery[at]!) as [QueryRun, QueryRun];
  const graded = (hits: readonly ShownHit[]) =>
    hits.map((hit): GradedHit => {
      const grade = grades.get(hit.documentId);
      return grade === undefined ? hit : { ...hit, grade };
    });
  return {
    queryId,
    text,
    value: metricValue(own.metrics, metric),
    baselineValue: metricValue(other.metrics, metric),
    hits: graded(own.shown),
    baselineHits: graded(other.shown),
  };
}

function metricValue(metrics: Metrics, metric: string): number {
  const value = metrics[metric];
  if (value === undefined) {
    throw new InvalidInput(
      'metric',
      `Expected metric to be one of ${Object.keys(metrics).join(', ')}, got ${metric}`,
    );
  }
  return value;
}
