import { describe, expect, it } from 'vitest';
import { areaUnderCurve } from '../../../benchmarks/grounding/area-under-curve.ts';

describe('areaUnderCurve', () => {
  it.each([
    ['all above', [3, 4], [1, 2], 1],
    ['all below', [1], [2, 3], 0],
    ['ties', [1, 1], [1, 1], 0.5],
    ['mixed', [0.8, 0.4], [0.5, 0.4], 0.625],
  ])('is right where positives are %s', (_, positives, negatives, wanted) => {
    expect(areaUnderCurve(positives, negatives)).toBeCloseTo(wanted, 12);
  });

  it('is no number where one side is empty', () => {
    expect(areaUnderCurve([], [1])).toBeNaN();
  });
});
