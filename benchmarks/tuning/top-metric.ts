import { InvalidInput } from '../../domain/errors.ts';
import { metricOf } from '../relevance/measure-ranking.ts';
import type { Grades } from '../relevance/metrics/grades.ts';

/** A metric of the first documents alone, measured without building their list. */
export interface TopMetric {
  readonly name: string;
  readonly depth: number;
  /** What it takes to measure one query's rankings. */
  of(grades: Grades): {
    gainOf(documentId: string): number;
    value(gains: Float64Array, first: { readonly documents: Int32Array; readonly count: number }): number;
  };
}

/**
 * The metric that configurations are tuned by: `ndcg@k`, `recall@k` or `precision@k`. The formulas are those of
 * `../relevance/metrics/`, with the ideal taken once a query.
 * @throws {InvalidInput} for a metric of the whole ranking, which is not replayed
 */
export function topMetric(name: string): TopMetric {
  const [, kind, digits] = /^(ndcg|recall|precision)@([1-9]\d{0,2})$/.exec(name) ?? [];
  if (kind === undefined) {
    throw new InvalidInput(
      'metric',
      `Cannot tune by ${JSON.stringify(name)}: expected ndcg@k, recall@k or precision@k with k from 1 to 999`,
    );
  }
  const depth = Number(digits);
  const isGraded = kind === 'ndcg';
  const discounts = Float64Array.from({ length: depth }, (_, at) => (isGraded ? 1 / Math.log2(at + 2) : 1));
  const divisorOf = (grades: Grades): number => {
    if (kind === 'precision') return depth;
    const relevant = [...grades].filter(([, grade]) => grade > 0);
    if (kind === 'recall') return relevant.length;
    const best = relevant.sort(([, left], [, right]) => right - left).slice(0, depth);
    return best.reduce((sum, [, grade], at) => sum + grade * discounts[at]!, 0);
  };
  // Refuses what the metric itself would refuse.
  metricOf(name);
  return {
    name,
    depth,
    of(grades) {
      const divisor = divisorOf(grades);
      return {
        gainOf: (documentId) => {
          const grade = Math.max(0, grades.get(documentId) ?? 0);
          return isGraded ? grade : Number(grade > 0);
        },
        value: (gains, { documents, count }) => {
          let sum = 0;
          for (let at = 0; at < count; at += 1) sum += gains[documents[at]!]! * discounts[at]!;
          return divisor === 0 ? 0 : sum / divisor;
        },
      };
    },
  };
}
