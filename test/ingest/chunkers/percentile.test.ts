import { expect, it } from 'vitest';
import { percentile } from '../../../ingest/chunkers/percentile.ts';

it('percentile interpolates between neighbours', () => {
  expect(percentile([4, 1, 3, 2], 50)).toBe(2.5);
  expect(percentile([1, 2, 3, 4, 5], 75)).toBe(4);
  expect(percentile([10, 0], 95)).toBe(9.5);
  expect(percentile([7], 99)).toBe(7);
});
