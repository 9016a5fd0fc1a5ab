import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cosineOf, isCutInTie } from '../../../search-engine/opensearch/dense-search.ts';

/** Lucene's VectorUtil.scaleMaxInnerProductScore. */
function luceneScore(product: number): number {
  return product < 0 ? 1 / (1 - product) : product + 1;
}

describe('cosineOf', () => {
  it('is the inverse of the score of Lucene', () => {
    fc.assert(
      fc.property(fc.double({ min: -1, max: 1, noNaN: true }), (cosine) => {
        expect(cosineOf(luceneScore(cosine))).toBeCloseTo(cosine, 12);
      }),
    );
  });

  it('stays between −1 and 1 where rounding carried the score past', () => {
    expect(cosineOf(2.0000002)).toBe(1);
    expect(cosineOf(0.4999999)).toBe(-1);
  });
});

describe('isCutInTie', () => {
  it('is true where the last candidate has the score of the last neighbour', () => {
    expect(isCutInTie([1.9, 1.5, 1.5], 2, 3)).toBe(true);
  });

  it('is false where the scores part after the last candidate', () => {
    expect(isCutInTie([1.9, 1.5, 1.4], 2, 3)).toBe(false);
  });

  it('is false where there are no more neighbours than were found', () => {
    expect(isCutInTie([1.5, 1.5], 2, 3)).toBe(false);
  });
});
