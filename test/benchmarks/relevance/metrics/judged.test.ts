import { expect, test } from 'vitest';
import { judged } from '../../../../benchmarks/relevance/metrics/judged.ts';

const grades = new Map([
  ['a', 1],
  ['b', 0],
]);

test('judged counts documents of any grade among those returned', () => {
  expect(judged(['a', 'x', 'b', 'y'], grades, 2)).toBe(0.5);
  expect(judged(['a', 'b'], grades, 10)).toBe(1);
});

test('judged is 0 for an empty ranking', () => {
  expect(judged([], grades, 10)).toBe(0);
});
