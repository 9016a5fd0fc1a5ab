import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Fusion, fuse, type WeightedLeg } from '../../retrieval/fuse.ts';
import { estimateCalibration, logOddsLeg } from '../../retrieval/log-odds.ts';

const calibration = { lexical: { midpoint: 8, slope: 0.5 }, dense: { midpoint: 0.5, slope: 8 } };
const fusion: Fusion = { method: 'log_odds', calibration };

function leg(scores: Record<string, number>, candidates: number, completed?: WeightedLeg['completed']) {
  const hits = Object.entries(scores).map(([documentId, score]) => ({
    chunkId: documentId,
    documentId,
    ordinal: 0,
    score,
  }));
  return { hits, weight: 0.5, candidates, ...(completed && { completed }) };
}

const scoresOf = (ranked: ReturnType<typeof fuse>) =>
  Object.fromEntries(
    ranked.map(({ documentId, breakdown }) => [documentId, Number(breakdown.fused.score.toFixed(9))]),
  );

describe('fuse, log-odds', () => {
  it('adds weighted log-odds and gives a missing hit the lowest of the leg', () => {
    const ranked = fuse({ lexical: leg({ a: 12, b: 6 }, 2), dense: leg({ b: 0.875, c: 0.375 }, 2) }, fusion);
    // lexical 0.5 · (s − 8): a 2, b −1, c −1; dense 8 · (s − 0.5): b 3, c −1, a −1
    expect(scoresOf(ranked)).toEqual({ b: 1, a: 0.5, c: -1 });
    expect(ranked[1]!.breakdown).toEqual({
      lexical: { rank: 1, score: 12, normalized: 2, weight: 0.5, contribution: 1 },
      dense: { rank: null, score: null, normalized: -1, weight: 0.5, contribution: -0.5 },
      fused: { score: 0.5, rank: 2 },
    });
  });

  it('gives a hit without any of the words the log-odds of score 0, so that a lone match still counts', () => {
    // The lexical leg returned all that match: 0.5 · (0 − 8) = −4.
    const ranked = fuse({ lexical: leg({ a: 12 }, 100), dense: leg({ b: 0.625, a: 0.5 }, 100) }, fusion);
    expect(scoresOf(ranked)).toEqual({ a: 1, b: -1.5 });
  });

  it('counts completed scores, and 0 of what a completed lexical leg does not know', () => {
    const lexical = leg({ a: 12, b: 10 }, 2, new Map([['c', 4]]));
    const dense = leg({ c: 0.875, d: 0.75 }, 2, new Map([['a', 0.25]]));
    // lexical: a 2, b 1, c −2, d −4; dense: c 3, d 2, a −2, b the lowest of all, −2
    expect(scoresOf(fuse({ lexical, dense }, fusion))).toEqual({ c: 0.5, a: 0, b: -0.5, d: -1 });
  });

  it('tells nothing by a leg that returned nothing', () => {
    const ranked = fuse({ lexical: leg({ a: 12, b: 10 }, 2), dense: leg({}, 2) }, fusion);
    expect(scoresOf(ranked)).toEqual({ a: 1, b: 0.5 });
  });

  it('orders as the sum of the scores times weight and slope does, whatever the midpoints', () => {
    const score = fc.integer({ min: 1, max: 1000 });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(score, score), { minLength: 1, maxLength: 20 }),
        score,
        (pairs, shift) => {
          const of = (which: 0 | 1) =>
            Object.fromEntries(
              pairs
                .map((pair, at) => [`d${at}`, pair[which]] as const)
                .sort((left, right) => right[1] - left[1]),
            );
          const order = (midpoint: number) =>
            fuse(
              { lexical: leg(of(0), 20), dense: leg(of(1), 20) },
              {
                method: 'log_odds',
                calibration: { lexical: { midpoint, slope: 2 }, dense: { midpoint: -midpoint, slope: 1 } },
              },
            ).map(({ documentId }) => documentId);
          const sum = (id: string) => {
            const [lexical, dense] = pairs[Number(id.slice(1))]!;
            return 2 * lexical + dense;
          };
          const found = order(shift);
          expect(found).toEqual(order(0));
          for (const [at, id] of found.entries()) {
            if (at > 0) expect(sum(found[at - 1]!)).toBeGreaterThanOrEqual(sum(id));
          }
        },
      ),
    );
  });
});

describe('logOddsLeg', () => {
  it('is the log-odds of the sigmoid', () => {
    const { scores } = logOddsLeg('dense', [0.7], { midpoint: 0.5, slope: 10 }, false);
    const probability = 1 / (1 + Math.exp(-10 * (0.7 - 0.5)));
    expect(scores[0]).toBeCloseTo(Math.log(probability / (1 - probability)), 12);
  });
});

describe('estimateCalibration', () => {
  it('takes the median and 1 / standard deviation', () => {
    // Mean 5, squares 9 + 1 + 1 + 1 + 0 + 0 + 4 + 16 = 32, variance 4.
    expect(estimateCalibration([2, 4, 4, 4, 5, 5, 7, 9])).toEqual({ midpoint: 4.5, slope: 0.5 });
    expect(estimateCalibration([9, 1, 2]).midpoint).toBe(2);
  });

  it('has a slope where all scores are equal, and where there are none', () => {
    expect(estimateCalibration([3, 3])).toEqual({ midpoint: 3, slope: 1 });
    expect(estimateCalibration([])).toEqual({ midpoint: 0, slope: 1 });
  });
});
