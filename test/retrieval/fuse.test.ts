import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Fusion, fuse, type WeightedLeg } from '../../retrieval/fuse.ts';

const minMax: Fusion = { method: 'linear', normalization: 'min_max' };
const rrf: Fusion = { method: 'rrf', rankConstant: 60 };

/** A leg that was asked for 100 hits, from `id: score` pairs by rank; an id is a documentId, its chunk the first. */
function leg(scores: Record<string, number>, weight = 0.5, candidates = 100): WeightedLeg {
  const hits = Object.entries(scores).map(([id, score]) => ({
    chunkId: `${id}-0`,
    documentId: id,
    ordinal: 0,
    score,
  }));
  return { hits, weight, candidates };
}

function scoresOf(ranked: ReturnType<typeof fuse>): Record<string, number> {
  return Object.fromEntries(
    ranked.map((hit) => [hit.documentId, Number(hit.breakdown.fused.score.toFixed(6))]),
  );
}

describe('fuse, linear', () => {
  it('adds weighted min-max scores and gives a missing hit the lowest of the leg', () => {
    const ranked = fuse(
      { lexical: leg({ a: 10, b: 6, c: 2 }), dense: leg({ b: 0.9, d: 0.7, a: 0.5 }) },
      minMax,
    );
    // a: (1 + 0) / 2, b: (0.5 + 1) / 2, c: (0 + 0) / 2, d: (0 + 0.5) / 2
    expect(scoresOf(ranked)).toEqual({ b: 0.75, a: 0.5, d: 0.25, c: 0 });
    expect(ranked.map(({ documentId }) => documentId)).toEqual(['b', 'a', 'd', 'c']);
  });

  it('counts the completed score of a hit that a leg did not return, on the scale of those that it did', () => {
    const lexical = { ...leg({ a: 10, b: 6 }, 0.5, 2), completed: new Map([['d-0', 5]]) };
    const dense = { ...leg({ b: 0.9, d: 0.7 }, 0.5, 2), completed: new Map([['a-0', 0.6]]) };
    const ranked = fuse({ lexical, dense }, minMax);
    // lexical: (s − 6) / 4, d −0.25; dense: (s − 0.7) / 0.2, a −0.5
    expect(scoresOf(ranked)).toEqual({ b: 0.5, a: 0.25, d: -0.125 });
    expect(ranked.at(-1)!.breakdown.lexical).toEqual({
      rank: null,
      score: 5,
      normalized: -0.25,
      weight: 0.5,
      contribution: -0.125,
    });
  });

  it('gives a hit that a completed leg does not know the lowest of all its scores', () => {
    const lexical = { ...leg({ a: 10, b: 6 }, 0.5, 2), completed: new Map([['d-0', 5]]) };
    const dense = leg({ e: 0.9, d: 0.7 }, 0.5, 2);
    const found = fuse({ lexical, dense }, minMax).find(({ documentId }) => documentId === 'e')!;
    expect(found.breakdown.lexical).toMatchObject({ rank: null, score: null, normalized: -0.25 });
  });

  it('is what a deeper search gives, where the scale stays the same', () => {
    // l2 and min-max are moved by depth; the theoretical scale is not.
    const fusion: Fusion = { method: 'linear', normalization: 'theoretical_min_max' };
    const score = fc.double({ min: 0.01, max: 1, noNaN: true });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(score, score), { minLength: 2, maxLength: 30 }),
        fc.integer({ min: 1, max: 30 }),
        (pairs, depth) => {
          const ids = pairs.map((_, at) => `d${at}`);
          const full = (which: 0 | 1) =>
            Object.fromEntries(
              ids.map((id, at) => [id, pairs[at]![which]] as const).sort((left, right) => right[1] - left[1]),
            );
          const cut = (scores: Record<string, number>, others: Record<string, number>) => {
            const names = (all: Record<string, number>) => Object.keys(all).slice(0, depth);
            const known = new Set(names(scores));
            const completed = new Map(
              names(others)
                .filter((id) => !known.has(id))
                .map((id) => [`${id}-0`, scores[id]!]),
            );
            const hits = Object.fromEntries(names(scores).map((id) => [id, scores[id]!]));
            return { ...leg(hits, 0.5, depth), completed };
          };
          const [lexical, dense] = [full(0), full(1)];
          // Where all scores of a cut leg are equal, there is no scale.
          fc.pre(
            Object.values(lexical)[0]! - Object.values(lexical)[Math.min(depth, ids.length) - 1]! > 1e-6,
          );
          fc.pre(Object.values(dense)[0]! - Object.values(dense)[Math.min(depth, ids.length) - 1]! > 1e-6);
          const shallow = scoresOf(
            fuse({ lexical: cut(lexical, dense), dense: cut(dense, lexical) }, fusion),
          );
          const deep = scoresOf(fuse({ lexical: leg(lexical), dense: leg(dense) }, fusion));
          for (const [id, value] of Object.entries(shallow)) expect(value).toBeCloseTo(deep[id]!, 5);
        },
      ),
    );
  });

  it('divides by the sum of the weights', () => {
    const ranked = fuse({ lexical: leg({ a: 2, b: 1 }, 3), dense: leg({ b: 0.9, a: 0.1 }, 1) }, minMax);
    expect(scoresOf(ranked)).toEqual({ a: 0.75, b: 0.25 });
  });

  it('gives 1 to a lone hit and 0 to the others when the leg returned all that match', () => {
    const ranked = fuse({ lexical: leg({ c: 7 }), dense: leg({ a: 0.9, b: 0.5, c: 0.1 }) }, minMax);
    expect(scoresOf(ranked)).toEqual({ a: 0.5, c: 0.5, b: 0.25 });
    expect(ranked[0]!.breakdown.lexical).toEqual({
      rank: null,
      score: null,
      normalized: 0,
      weight: 0.5,
      contribution: 0,
    });
  });

  it('gives 1 to everything when all scores of a leg that was cut are equal', () => {
    const ranked = fuse(
      { lexical: leg({ a: 3, b: 3 }, 0.5, 2), dense: leg({ c: 0.8, a: 0.4 }, 0.5, 2) },
      minMax,
    );
    expect(scoresOf(ranked)).toEqual({ c: 1, a: 0.5, b: 0.5 });
  });

  it('ranks by the other leg where one is empty', () => {
    const ranked = fuse({ lexical: leg({}), dense: leg({ a: 0.9, b: 0.1 }) }, minMax);
    expect(scoresOf(ranked)).toEqual({ a: 0.5, b: 0 });
  });

  it('is the leg alone where the other one is off', () => {
    const ranked = fuse({ dense: leg({ a: 0.9, b: 0.1 }, 2) }, minMax);
    expect(scoresOf(ranked)).toEqual({ a: 1, b: 0 });
    expect(ranked[0]!.breakdown.lexical).toBeUndefined();
  });

  it('takes the lower bound of the leg with theoretical_min_max', () => {
    const fusion: Fusion = { method: 'linear', normalization: 'theoretical_min_max' };
    const ranked = fuse({ lexical: leg({ a: 10, b: 5 }), dense: leg({ b: 1, a: 0 }) }, fusion);
    // a: (10/10 + (0+1)/(1+1)) / 2, b: (5/10 + (1+1)/(1+1)) / 2
    expect(scoresOf(ranked)).toEqual({ b: 0.75, a: 0.75 });
  });

  it('divides by the root of the sum of squares with l2', () => {
    const ranked = fuse({ lexical: leg({ a: 4, b: 3 }, 1) }, { method: 'linear', normalization: 'l2' });
    expect(scoresOf(ranked)).toEqual({ a: 0.8, b: 0.6 });
  });

  it('keeps what lies below the mean apart with z_score', () => {
    const ranked = fuse(
      { lexical: leg({ a: 4, b: 2, c: 0 }, 1) },
      { method: 'linear', normalization: 'z_score' },
    );
    expect(scoresOf(ranked)).toEqual({ a: 1.224745, b: 0, c: -1.224745 });
  });
});

describe('fuse, rrf', () => {
  it('adds w / (k + rank), rank from 1, and nothing for a missing hit', () => {
    const ranked = fuse({ lexical: leg({ a: 9, b: 8 }, 1), dense: leg({ b: 0.9, c: 0.8 }, 2) }, rrf);
    expect(scoresOf(ranked)).toEqual({
      b: Number((1 / 62 + 2 / 61).toFixed(6)),
      c: Number((2 / 62).toFixed(6)),
      a: Number((1 / 61).toFixed(6)),
    });
  });
});

describe('fuse, order', () => {
  it('breaks ties by best rank, then dense rank, then documentId in UTF-8 order, then ordinal', () => {
    // RRF with equal weights: a (1, 2) and b (2, 1) tie, both with best rank 1: the better dense rank wins.
    const ranked = fuse({ lexical: leg({ a: 9, b: 8 }), dense: leg({ b: 0.9, a: 0.8 }) }, rrf);
    expect(ranked.map(({ documentId }) => documentId)).toEqual(['b', 'a']);

    // Equal scores, ranks given by the engine: UTF-8 puts U+FF5A before U+1F600, UTF-16 the other way round.
    const hit = (documentId: string, ordinal: number) => ({
      chunkId: `${documentId}-${ordinal}`,
      documentId,
      ordinal,
      score: 1,
    });
    const left: WeightedLeg = { hits: [hit('\u{1F600}', 0)], weight: 1, candidates: 1 };
    const right: WeightedLeg = { hits: [hit('\uFF5A', 0)], weight: 1, candidates: 1 };
    const order = fuse({ lexical: left, dense: right }, minMax).map(({ documentId }) => documentId);
    expect(order).toEqual(['\uFF5A', '\u{1F600}']);
  });

  it('treats scores closer than 1e-9 as equal', () => {
    const ranked = fuse(
      { lexical: leg({ a: 1, b: 0.2, c: 0 }), dense: leg({ b: 0.8 + 1e-12, a: 0, c: 0 }, 0.5) },
      { method: 'linear', normalization: 'min_max' },
    );
    expect(ranked[0]!.breakdown.fused.rank).toBe(1);
  });

  it('does not depend on the order in which legs come, and numbers the ranks from 1', () => {
    const scores = fc.uniqueArray(fc.integer({ min: 0, max: 30 }), { maxLength: 20 });
    fc.assert(
      fc.property(scores, scores, fc.constantFrom<Fusion>(minMax, rrf), (lexicalIds, denseIds, fusion) => {
        const build = (ids: number[]) =>
          leg(Object.fromEntries(ids.map((id, at) => [`d${id}`, 30 - at])), 0.5);
        const forward = fuse({ lexical: build(lexicalIds), dense: build(denseIds) }, fusion);
        const backward = fuse({ dense: build(denseIds), lexical: build(lexicalIds) }, fusion);
        expect(forward.map(({ chunkId }) => chunkId)).toEqual(backward.map(({ chunkId }) => chunkId));
        expect(forward.map(({ breakdown }) => breakdown.fused.rank)).toEqual(forward.map((_, at) => at + 1));
        for (const { breakdown } of forward) {
          const sum = (breakdown.lexical?.contribution ?? 0) + (breakdown.dense?.contribution ?? 0);
          expect(breakdown.fused.score).toBeCloseTo(sum, 12);
        }
      }),
    );
  });
});
