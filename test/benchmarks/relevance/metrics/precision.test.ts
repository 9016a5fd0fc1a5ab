import { expect, test } from 'vitest';
import { precision } from '../../../../benchmarks/relevance/metrics/precision.ts';

const grades = new Map([
  ['a', 2],
  ['b', 1],
  ['c', 0],
]);

test('precision divides by the depth, also where the ranking is shorter', () => {
  expect(precision(['a', 'c', 'b'], grades, 10)).toBe(0.2);
});

test('precision looks no further than the depth', () => {
  expect(precision(['c', 'a', 'b'], grades, 2)).toBe(0.5);
});
