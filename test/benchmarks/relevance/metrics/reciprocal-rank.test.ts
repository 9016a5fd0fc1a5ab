import { expect, test } from 'vitest';
import { reciprocalRank } from '../../../../benchmarks/relevance/metrics/reciprocal-rank.ts';

const grades = new Map([
  ['a', 1],
  ['b', 3],
  ['c', 0],
]);

test('reciprocalRank is 1 by the rank of the first relevant document', () => {
  expect(reciprocalRank(['c', 'unjudged', 'a', 'b'], grades)).toBeCloseTo(1 / 3, 12);
});

test('reciprocalRank is 0 where no relevant document was found', () => {
  expect(reciprocalRank(['c', 'unjudged'], grades)).toBe(0);
});
