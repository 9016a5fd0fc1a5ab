import { averagePrecision } from './metrics/average-precision.ts';
import type { Grades } from './metrics/grades.ts';
import { judged } from './metrics/judged.ts';
import { ndcg } from './metrics/ndcg.ts';
import { precision } from './metrics/precision.ts';
import { recall } from './metrics/recall.ts';
import { reciprocalRank } from './metrics/reciprocal-rank.ts';

/** Metrics by name, each 0 to 1. */
export type Metrics = Readonly<Record<MetricName, number>>;

export type MetricName = keyof typeof metrics;

const metrics = {
  'ndcg@10': (ranking: readonly string[], grades: Grades) => ndcg(ranking, grades, 10),
  'recall@10': (ranking: readonly string[], grades: Grades) => recall(ranking, grades, 10),
  'recall@100': (ranking: readonly string[], grades: Grades) => recall(ranking, grades, 100),
  'recall@1000': (ranking: readonly string[], grades: Grades) => recall(ranking, grades, 1_000),
  mrr: reciprocalRank,
  map: averagePrecision,
  'precision@10': (ranking: readonly string[], grades: Grades) => precision(ranking, grades, 10),
  'judged@10': (ranking: readonly string[], grades: Grades) => judged(ranking, grades, 10),
};

/** Measures one query's ranking; no document may stand in it twice. */
export function measureRanking(ranking: readonly string[], grades: Grades): Metrics {
  return forEachMetric((name) => metrics[name](ranking, grades));
}

/** The mean of each metric over queries; 0 for none. */
export function meanMetrics(perQuery: readonly Metrics[]): Metrics {
  return forEachMetric((name) =>
    perQuery.length === 0 ? 0 : perQuery.reduce((sum, values) => sum + values[name], 0) / perQuery.length,
  );
}

function forEachMetric(measure: (name: MetricName) => number): Metrics {
  const names = Object.keys(metrics) as MetricName[];
  return Object.fromEntries(names.map((name) => [name, measure(name)])) as Record<MetricName, number>;
}
