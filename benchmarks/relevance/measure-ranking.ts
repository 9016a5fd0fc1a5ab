import { InvalidInput } from '../../domain/errors.ts';
import { averagePrecision } from './metrics/average-precision.ts';
import type { Grades } from './metrics/grades.ts';
import { judged } from './metrics/judged.ts';
import { ndcg } from './metrics/ndcg.ts';
import { precision } from './metrics/precision.ts';
import { recall } from './metrics/recall.ts';
import { reciprocalRank } from './metrics/reciprocal-rank.ts';

/** Metrics by name, each 0 to 1. */
export type Metrics = Readonly<Record<string, number>>;

type Measure = (ranking: readonly string[], grades: Grades) => number;

const atDepth = { ndcg, recall, precision, judged } as const;
const whole: Readonly<Record<string, Measure>> = { mrr: reciprocalRank, map: averagePrecision };

/** What is measured where nobody says otherwise. */
export const defaultMetrics: readonly string[] = [
  'ndcg@10',
  'recall@10',
  'recall@100',
  'recall@1000',
  'mrr',
  'map',
  'precision@10',
  'judged@10',
];

/**
 * Returns how a metric is measured: `ndcg@k` (linear gain), `recall@k`, `precision@k` or `judged@k` with k from 1 to
 * 1,000, `mrr` or `map`.
 * @throws {InvalidInput} for any other name
 */
export function metricOf(name: string): Measure {
  const measure = Object.hasOwn(whole, name) ? whole[name] : undefined;
  if (measure !== undefined) return measure;
  const [, kind, digits] = /^(ndcg|recall|precision|judged)@([1-9]\d{0,3})$/.exec(name) ?? [];
  const depth = Number(digits);
  if (kind === undefined || depth > 1_000) {
    throw new InvalidInput(
      'metrics',
      `Unknown metric ${JSON.stringify(name)}, expected ndcg@k, recall@k, precision@k or judged@k with k from 1 to 1000, mrr or map`,
    );
  }
  const measureAt = atDepth[kind as keyof typeof atDepth];
  return (ranking, grades) => measureAt(ranking, grades, depth);
}

/** How many documents of a ranking a metric looks at; undefined for the whole of it. */
export function cutOf(name: string): number | undefined {
  const digits = /@(\d+)$/.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** Measures one query's ranking; no document may stand in it twice. */
export function measureRanking(
  ranking: readonly string[],
  grades: Grades,
  names: readonly string[] = defaultMetrics,
): Metrics {
  return Object.fromEntries(names.map((name) => [name, metricOf(name)(ranking, grades)]));
}

/** The mean of each metric over queries; 0 for none. */
export function meanMetrics(
  perQuery: readonly Metrics[],
  names: readonly string[] = defaultMetrics,
): Metrics {
  return Object.fromEntries(
    names.map((name) => [
      name,
      perQuery.length === 0 ? 0 : perQuery.reduce((sum, values) => sum + values[name]!, 0) / perQuery.length,
    ]),
  );
}
