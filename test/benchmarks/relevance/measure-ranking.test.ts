import { expect, test } from 'vitest';
import { meanMetrics, measureRanking } from '../../../benchmarks/relevance/measure-ranking.ts';

const grades = new Map([
  ['a', 1],
  ['b', 1],
]);

test('measureRanking gives every metric of one worked ranking', () => {
  const ranking = ['x', 'a', ...Array.from({ length: 20 }, (_, at) => `filler-${at}`), 'b'];
  const values = measureRanking(ranking, grades);
  expect(values['ndcg@10']).toBeCloseTo(1 / Math.log2(3) / (1 + 1 / Math.log2(3)), 12);
  expect(values['recall@10']).toBe(0.5);
  expect(values['recall@100']).toBe(1);
  expect(values['recall@1000']).toBe(1);
  expect(values.mrr).toBe(0.5);
  expect(values.map).toBeCloseTo((1 / 2 + 2 / 23) / 2, 12);
  expect(values['precision@10']).toBe(0.1);
  expect(values['judged@10']).toBe(0.1);
});

test('meanMetrics counts a query that found nothing', () => {
  const mean = meanMetrics([measureRanking(['a', 'b'], grades), measureRanking([], grades)]);
  expect(mean['ndcg@10']).toBe(0.5);
  expect(mean.mrr).toBe(0.5);
});

test('meanMetrics of no queries is 0', () => {
  expect(meanMetrics([]).map).toBe(0);
});
