import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Metadata } from '../../domain/document.ts';
import { dotProduct } from '../../domain/dot-product.ts';
import type { RankedChunk } from '../../domain/ranking.ts';
import { boost } from '../../rerank/boost.ts';
import { diversify } from '../../rerank/diversify.ts';
import { foldDuplicates } from '../../rerank/fold-duplicates.ts';

/** A list with these fused scores, by rank; its chunks are `0`, `1`, … */
function list(...scores: number[]): RankedChunk[] {
  return scores.map((score, at) => ({
    chunkId: `${at}`,
    documentId: `d${at}`,
    ordinal: 0,
    breakdown: { fused: { score, rank: at + 1 } },
  }));
}

function unit(degrees: number): Float32Array {
  const angle = (degrees * Math.PI) / 180;
  return Float32Array.of(Math.cos(angle), Math.sin(angle));
}

const vectorsOf = (...degrees: number[]): Map<string, Float32Array> =>
  new Map(degrees.map((angle, at) => [`${at}`, unit(angle)] as const));
const ids = (ranked: readonly RankedChunk[]) => ranked.map(({ chunkId }) => chunkId).join(' ');

describe('boost', () => {
  const metadata = (...values: Metadata[]) => new Map(values.map((value, at) => [`${at}`, value] as const));

  it('halves what a document earns for each half-life of its age, and not below the origin', () => {
    const recency = { key: 'date', halfLifeDays: 10, origin: '2026-01-31T00:00:00.000Z' };
    const ranked = boost(
      list(0.5, 0.4, 0.3, 0.2, 0.1),
      [{ weight: 0.8, recency }],
      metadata(
        { date: '2026-01-11' },
        { date: '2026-01-21T00:00:00Z' },
        { date: Date.parse('2027-01-01') },
        { date: 'someday' },
        {},
      ),
    );
    expect(ranked.map(({ chunkId, breakdown }) => [chunkId, breakdown.boosted!.boosts[0]])).toEqual([
      ['2', 0.8],
      ['1', 0.4],
      ['0', 0.2],
      ['3', 0],
      ['4', 0],
    ]);
    expect(ranked[0]!.breakdown).toEqual({
      fused: { score: 0.3, rank: 3 },
      boosted: { score: expect.closeTo(1.1, 9), rank: 1, boosts: [0.8] },
    });
  });

  it('saturates numbers, and a weight below 0 demotes', () => {
    const ranked = boost(
      list(1, 0.9, 0.8),
      [
        { weight: 1, saturation: { key: 'stars', pivot: 5 } },
        { weight: -0.5, equals: { key: 'tags', value: 'old' } },
      ],
      metadata({ stars: '5', tags: ['new', 'old'] }, { stars: 5 }, { stars: 1e308 }),
    );
    expect(ranked.map(({ chunkId, breakdown }) => [chunkId, breakdown.boosted!.score])).toEqual([
      ['2', expect.closeTo(1.8, 9)],
      ['1', expect.closeTo(1.4, 9)],
      ['0', expect.closeTo(0.5, 9)],
    ]);
  });

  it('tells a number from a string and keeps the order of equal scores', () => {
    const boosts = [{ weight: 1, equals: { key: 'year', value: 2026 } }];
    expect(ids(boost(list(0.5, 0.5, 0.5), boosts, metadata({ year: '2026' }, {}, { year: 2026 })))).toBe(
      '2 0 1',
    );
  });
});

describe('diversify', () => {
  it('puts what is unlike before what is nearly the same', () => {
    // 1 is 0 again; λ 0.5: after 0, 1 has 0.45 − 0.5 and 2 has 0.25 − 0.
    const ranked = diversify(list(1, 0.9, 0.5, 0), 0.5, vectorsOf(0, 0, 90, 90));
    expect(ids(ranked)).toBe('0 2 1 3');
    expect(ranked[2]!.breakdown.diversified).toEqual({
      score: expect.closeTo(0.5 * 0.9 - 0.5 * 1, 6),
      similarity: expect.closeTo(1, 6),
      rank: 3,
    });
  });

  it('leaves the list as it is at λ 1 and knows a hit without a vector as unlike all', () => {
    expect(ids(diversify(list(0.9, 0.8, 0.7), 1, vectorsOf(0, 0, 0)))).toBe('0 1 2');
    const vectors = vectorsOf(0, 0, 0);
    vectors.delete('2');
    expect(ids(diversify(list(0.9, 0.8, 0.7), 0.3, vectors))).toBe('0 2 1');
  });

  it('is relevant by the reranker where one ran, else by the boosted score', () => {
    const [first, second] = list(0.9, 0.1);
    const reranked = [
      { ...second!, breakdown: { ...second!.breakdown, rerank: { score: 5, rank: 1 } } },
      { ...first!, breakdown: { ...first!.breakdown, rerank: { score: 1, rank: 2 } } },
    ];
    expect(ids(diversify(reranked, 0.9, vectorsOf(0, 90)))).toBe('1 0');
  });

  it('takes the best at each step, whatever the vectors, and loses none', () => {
    const angles = fc.array(fc.integer({ min: 0, max: 359 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(angles, fc.double({ min: 0, max: 1, noNaN: true }), (degrees, lambda) => {
        const ranked = list(...degrees.map((_, at) => 1 - at / degrees.length));
        const vectors = vectorsOf(...degrees);
        const ordered = diversify(ranked, lambda, vectors);
        expect([...ordered].map(({ chunkId }) => chunkId).sort()).toEqual(
          ranked.map(({ chunkId }) => chunkId).sort(),
        );
        const span = ranked[0]!.breakdown.fused.score - ranked.at(-1)!.breakdown.fused.score;
        const relevance = (chunk: RankedChunk) =>
          span === 0 ? 1 : (chunk.breakdown.fused.score - ranked.at(-1)!.breakdown.fused.score) / span;
        ordered.forEach((_, at) => {
          const before = ordered.slice(0, at).map(({ chunkId }) => vectors.get(chunkId)!);
          const value = (chunk: RankedChunk) =>
            lambda * relevance(chunk) -
            (1 - lambda) *
              Math.max(0, ...before.map((vector) => dotProduct(vector, vectors.get(chunk.chunkId)!)));
          const best = Math.max(...ordered.slice(at).map(value));
          expect(value(ordered[at]!)).toBeCloseTo(best, 6);
        });
      }),
    );
  });
});

describe('foldDuplicates', () => {
  it('folds a hit into the closest better one that is close enough', () => {
    const folded = foldDuplicates(list(1, 0.9, 0.8, 0.7), Math.cos(Math.PI / 18), vectorsOf(0, 15, 8, 90));
    expect(ids(folded)).toBe('0 1 3');
    expect(folded[1]!.duplicates).toEqual([
      { chunkId: '2', documentId: 'd2', similarity: expect.closeTo(Math.cos((7 * Math.PI) / 180), 6) },
    ]);
    expect(folded[0]!.duplicates).toBeUndefined();
  });

  it('does not fold by way of a folded one', () => {
    // 1 is near 0 and 2 is near 1, but 2 is not near 0.
    expect(ids(foldDuplicates(list(1, 0.9, 0.8), Math.cos(Math.PI / 18), vectorsOf(0, 8, 16)))).toBe('0 2');
  });

  it('keeps what has no vector', () => {
    expect(ids(foldDuplicates(list(1, 0.9), 0.5, new Map()))).toBe('0 1');
  });
});
