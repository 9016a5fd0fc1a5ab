import { expect, test } from 'vitest';
import { ndcg } from '../../../../benchmarks/relevance/metrics/ndcg.ts';

const grades = new Map([
  ['a', 3],
  ['b', 2],
  ['c', 1],
  ['d', 0],
]);

test('ndcg is 1 for the best ranking, whatever follows it', () => {
  expect(ndcg(['a', 'b', 'c', 'd', 'unjudged'], grades, 10)).toBeCloseTo(1, 12);
});

test('ndcg takes the grade itself as the gain, discounted by log2(rank + 1)', () => {
  const gained = 1 / Math.log2(2) + 0 / Math.log2(3) + 3 / Math.log2(4);
  const ideal = 3 / Math.log2(2) + 2 / Math.log2(3) + 1 / Math.log2(4);
  expect(ndcg(['c', 'unjudged', 'a'], grades, 10)).toBeCloseTo(gained / ideal, 12);
});

test('ndcg cuts ranking and ideal at the depth', () => {
  expect(ndcg(['b', 'a'], grades, 1)).toBeCloseTo(2 / 3, 12);
});

test('ndcg takes the ideal from all judged documents, found or not', () => {
  expect(ndcg(['a'], grades, 10)).toBeCloseTo(3 / (3 + 2 / Math.log2(3) + 0.5), 12);
});

test('ndcg of an empty ranking and of a query without relevant documents is 0', () => {
  expect(ndcg([], grades, 10)).toBe(0);
  expect(ndcg(['d'], new Map([['d', 0]]), 10)).toBe(0);
});

test('ndcg counts a negative grade as 0', () => {
  expect(ndcg(['x', 'a'], new Map([...grades, ['x', -1]]), 1)).toBe(0);
});
