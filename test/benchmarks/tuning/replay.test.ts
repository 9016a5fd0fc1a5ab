import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { measureRanking } from '../../../benchmarks/relevance/measure-ranking.ts';
import type { CollectedQuery } from '../../../benchmarks/tuning/collect-legs.ts';
import { cutLegs, replay } from '../../../benchmarks/tuning/replay.ts';
import { type Point, settingsOf } from '../../../benchmarks/tuning/search-space.ts';
import { topMetric } from '../../../benchmarks/tuning/top-metric.ts';
import { collapseByDocument } from '../../../rerank/collapse.ts';
import { fuse } from '../../../retrieval/fuse.ts';
import type { Candidate, LegsResult } from '../../../search-engine/search-engine.ts';

const fields = { title: 1, text: 1 };

/** Both legs as deep as the space goes, with equal scores and several chunks a document, each completed by the other. */
const legsOf: fc.Arbitrary<LegsResult> = fc
  .record({
    lexical: fc.uniqueArray(fc.nat(39), { maxLength: 30 }),
    dense: fc.uniqueArray(fc.nat(39), { maxLength: 30 }),
    scores: fc.array(fc.nat(12), { minLength: 80, maxLength: 80 }),
    chunks: fc.constantFrom(1, 3),
  })
  .map(({ lexical, dense, scores, chunks }) => {
    const candidate = (chunk: number, offset: number): Candidate => ({
      chunkId: `c${chunk}`,
      documentId: `d${Math.floor(chunk / chunks)}`,
      ordinal: chunk % chunks,
      score: (1 + scores[chunk + offset]!) / 10,
    });
    const leg = (found: readonly number[], others: readonly number[], offset: number) => {
      const hits = found
        .map((chunk) => candidate(chunk, offset))
        .sort((left, right) => right.score - left.score || (left.chunkId < right.chunkId ? -1 : 1));
      const least = hits.at(-1)?.score ?? 0;
      const missing = others.filter((chunk) => !found.includes(chunk));
      const completed = new Map(missing.map((chunk) => [`c${chunk}`, Math.min(least, 0.05)]));
      return { hits, completed, milliseconds: 0 };
    };
    return { lexical: leg(lexical, dense, 0), dense: leg(dense, lexical, 40), facets: [] };
  });

const points: fc.Arbitrary<Point> = fc
  .record({
    lexicalWeight: fc.constantFrom(0, 0.05, 0.3, 0.5, 0.7, 1),
    candidates: fc.constantFrom(3, 10, 30),
    complete: fc.boolean(),
    fusion: fc.constantFrom<Point['fusion']>(
      ...(['min_max', 'theoretical_min_max', 'l2', 'z_score'] as const).map((normalization) => ({
        method: 'linear' as const,
        normalization,
      })),
      { method: 'rrf', rankConstant: 1 },
      { method: 'rrf', rankConstant: 60 },
      {
        method: 'log_odds',
        calibration: { lexical: { midpoint: 0.4, slope: 3 }, dense: { midpoint: 0.7, slope: 5 } },
      },
    ),
  })
  .map((point) => ({ ...point, fields, complete: point.complete && point.fusion.method !== 'rrf' }));

const grades = fc.uniqueArray(fc.tuple(fc.nat(39), fc.integer({ min: -1, max: 4 })), {
  maxLength: 12,
  selector: ([document]) => document,
});

/** What a search by the point shows: each leg cut and completed, fused, one hit a document. */
function searched(legs: LegsResult, point: Point): string[] {
  const settings = settingsOf(point);
  const mode = point.lexicalWeight === 0 ? 'dense' : point.lexicalWeight === 1 ? 'lexical' : 'both';
  const cut = cutLegs(legs, point, mode);
  const weighted = {
    ...(cut.lexical && { lexical: { ...cut.lexical, weight: settings.lexical!.weight! } }),
    ...(cut.dense && { dense: { ...cut.dense, weight: settings.dense!.weight! } }),
  };
  return collapseByDocument(fuse(weighted, point.fusion)).map(({ documentId }) => documentId);
}

describe('replay', () => {
  test.each(['ndcg@10', 'ndcg@3', 'recall@5', 'precision@5'])(
    'measures %s as a search with the same settings would be measured',
    (name) => {
      fc.assert(
        fc.property(
          fc.array(fc.tuple(legsOf, grades), { minLength: 1, maxLength: 3 }),
          fc.array(points, { minLength: 1, maxLength: 6 }),
          (queries, given) => {
            const collected = queries.map(
              ([legs, judged], at): CollectedQuery => ({
                query: {
                  queryId: `q${at}`,
                  text: '',
                  grades: new Map(judged.map(([document, grade]) => [`d${document}`, grade])),
                },
                legs: new Map([['1:1', legs]]),
              }),
            );
            const { values } = replay(collected, given, topMetric(name));
            for (const [at, point] of given.entries()) {
              for (const [query, { legs, query: judged }] of collected.entries()) {
                const ranking = searched(legs.get('1:1')!, point);
                const wanted = measureRanking(ranking, judged.grades, [name])[name]!;
                expect(values[at * collected.length + query]).toBeCloseTo(wanted, 6);
              }
            }
          },
        ),
        { numRuns: 150 },
      );
    },
  );

  test('gives a completed leg the score from farther down its list, else that of its completion', () => {
    const hit = (chunk: string, score: number) => ({ chunkId: chunk, documentId: chunk, ordinal: 0, score });
    const legs: LegsResult = {
      lexical: { hits: [hit('a', 3), hit('b', 2), hit('c', 1)], milliseconds: 0 },
      dense: {
        hits: [hit('c', 0.9), hit('d', 0.8)],
        completed: new Map([['a', 0.1]]),
        milliseconds: 0,
      },
      facets: [],
    };
    const cell = {
      fields,
      fusion: { method: 'linear', normalization: 'min_max' },
      candidates: 1,
      complete: true,
    } as const;
    const cut = cutLegs(legs, cell, 'both');
    expect(cut.lexical?.completed).toEqual(new Map([['c', 1]]));
    expect(cut.dense?.completed).toEqual(new Map([['a', 0.1]]));
  });
});

test('topMetric refuses a metric of the whole ranking', () => {
  expect(() => topMetric('map')).toThrow('Cannot tune by "map": expected ndcg@k, recall@k or precision@k');
});
