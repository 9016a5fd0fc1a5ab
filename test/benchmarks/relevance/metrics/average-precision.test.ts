import { expect, test } from 'vitest';
import { averagePrecision } from '../../../../benchmarks/relevance/metrics/average-precision.ts';

const grades = new Map([
  ['a', 1],
  ['b', 2],
  ['c', 1],
  ['d', 0],
]);

test('averagePrecision averages the precision at each relevant rank over all relevant documents', () => {
  expect(averagePrecision(['a', 'd', 'b', 'unjudged'], grades)).toBeCloseTo((1 + 2 / 3) / 3, 12);
});

test('averagePrecision is 0 where nothing is relevant', () => {
  expect(averagePrecision(['d'], new Map([['d', 0]]))).toBe(0);
});
