import { expect, test } from 'vitest';
import { recall } from '../../../../benchmarks/relevance/metrics/recall.ts';

const grades = new Map([
  ['a', 2],
  ['b', 1],
  ['c', 1],
  ['d', 1],
  ['e', 0],
]);

test('recall is the share of the relevant documents within the depth', () => {
  expect(recall(['a', 'e', 'unjudged', 'b'], grades, 4)).toBe(0.5);
  expect(recall(['a', 'e', 'unjudged', 'b'], grades, 3)).toBe(0.25);
});

test('recall of a query without relevant documents is 0', () => {
  expect(recall(['e'], new Map([['e', 0]]), 10)).toBe(0);
});
