import { describe, expect, test } from 'vitest';
import { createRandom } from '../../../benchmarks/statistics/seeded-random.ts';
import { choosePoint } from '../../../benchmarks/tuning/choose-point.ts';
import { foldCount, foldOf, foldsOf } from '../../../benchmarks/tuning/folds.ts';
import { judgeChoice } from '../../../benchmarks/tuning/judge-choice.ts';
import {
  defaultSpace,
  drawPoints,
  type Point,
  pointOf,
  pointsOf,
  settingsOf,
} from '../../../benchmarks/tuning/search-space.ts';
import { resolveSearchRequest } from '../../../retrieval/resolve.ts';

function point(lexicalWeight: number, candidates = 100): Point {
  return {
    fields: { title: 1, text: 1 },
    fusion: { method: 'linear', normalization: 'min_max' },
    candidates,
    complete: false,
    lexicalWeight,
  };
}

/** Values by point and query. */
function measured(points: readonly Point[], rows: readonly (readonly number[])[]) {
  return { points, queries: rows[0]!.length, values: Float32Array.from(rows.flat()) };
}

const everyQuery = (count: number) => [Array.from({ length: count }, (_, at) => at)];

describe('choosePoint', () => {
  test('takes the middle of a flat region, not its luckiest peak', () => {
    const weights = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7];
    const random = createRandom(4);
    const noise = Array.from({ length: 100 }, () => random() - 0.5);
    // From 0.3 to 0.7 the same but for noise, of which 0.7 has most luck; below clearly worse.
    const rows = weights.map((weight, at) =>
      noise.map((value, query) => {
        const level = weight < 0.3 ? 0.3 : 0.5;
        return level + value * 0.1 + (((query * 7 + at * 13) % 11) - 5) * 0.02 + (at === 6 ? 0.001 : 0);
      }),
    );
    const choice = choosePoint(
      measured(
        weights.map((weight) => point(weight)),
        rows,
      ),
      everyQuery(100),
    );
    expect(choice.flat).not.toContain(0);
    expect(choice.flat).not.toContain(1);
    expect(choice.point).not.toBe(choice.best);
    expect(weights[choice.point]).toBeGreaterThanOrEqual(0.4);
  });

  test('takes the cheapest of those that cannot be told apart', () => {
    const same = [0.2, 0.4, 0.6, 0.8];
    const points = [point(0.5, 200), point(0.5, 50), point(0.5, 100), point(1, 100)];
    const choice = choosePoint(
      measured(
        points,
        points.map(() => same),
      ),
      everyQuery(4),
    );
    // One leg alone costs less than two of fewer candidates.
    expect(choice.point).toBe(3);
    const both = choosePoint(
      measured(
        points.slice(0, 3),
        points.slice(0, 3).map(() => same),
      ),
      everyQuery(4),
    );
    expect(both.point).toBe(1);
  });

  test('takes the middle of one region, not of two that a valley parts', () => {
    const weights = [0.1, 0.2, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];
    // As good at 0.1 and 0.2 as from 0.7 on, and clearly worse between.
    const rows = weights.map((weight) => {
      const level = weight > 0.3 && weight < 0.65 ? 0.1 : 0.5;
      return [level, level + 0.1, level + 0.2, level];
    });
    const points = weights.map((weight) => point(weight));
    const choice = choosePoint(measured(points, rows), everyQuery(4));
    expect(choice.flat).toEqual([0, 1, 5, 6, 7]);
    expect(weights[choice.point]).toBe(0.8);
  });

  test('counts each dataset the same, whatever its size', () => {
    const rows = [
      [...Array<number>(90).fill(0.6), ...Array<number>(10).fill(0.2)],
      [...Array<number>(90).fill(0.5), ...Array<number>(10).fill(0.9)],
    ];
    const sets = [Array.from({ length: 90 }, (_, at) => at), Array.from({ length: 10 }, (_, at) => 90 + at)];
    expect(choosePoint(measured([point(0.3), point(0.7)], rows), sets).point).toBe(1);
  });

  test('looks at no query that it was not given', () => {
    const rows = [
      [0.9, 0.1, 0.1],
      [0.1, 0.9, 0.9],
    ];
    expect(choosePoint(measured([point(0.3), point(0.7)], rows), [[0]]).point).toBe(0);
  });
});

describe('judgeChoice', () => {
  const set = (dataset: string, differences: readonly number[]) => ({
    dataset,
    how: 'held-out' as const,
    values: differences.map((difference) => 0.5 + difference),
    baselineValues: differences.map(() => 0.5),
  });
  const spread = (mean: number, count: number) =>
    Array.from({ length: count }, (_, at) => mean + (at % 2 === 0 ? 0.1 : -0.1));

  test('proves a gain that is there, and says how large a gain it could have seen', () => {
    const judgement = judgeChoice([set('a', spread(0.05, 100))], 0);
    expect(judgement.isProven).toBe(true);
    expect(judgement.detectableGain).toBeCloseTo((2.8016 * 0.1005) / 10, 3);
    expect(judgement.interval[0]).toBeGreaterThan(0);
  });

  test('names no winner where the gain may be luck', () => {
    expect(judgeChoice([set('a', spread(0.005, 100))], 0).isProven).toBe(false);
  });

  test('names no winner that is significantly worse on one set, however good on the mean', () => {
    const judgement = judgeChoice([set('good', spread(0.3, 100)), set('bad', spread(-0.05, 100))], 0);
    expect(judgement).toMatchObject({ isProven: false, worse: ['bad'] });
    expect(judgement.pValue).toBeLessThan(0.05);
  });

  test('asks more of the same queries each time that they judge another configuration', () => {
    const differences = [set('a', spread(0.024, 100))];
    const first = judgeChoice(differences, 0);
    const tenth = judgeChoice(differences, 9);
    expect(first.pValue).toBe(tenth.pValue);
    expect(tenth.alpha).toBeCloseTo(0.005, 12);
    expect([first.isProven, tenth.isProven]).toEqual([true, false]);
  });
});

test('foldOf spreads queries over all folds, the same on each run', () => {
  const folds = Array.from({ length: 1_000 }, (_, at) => foldOf(`query ${at}`));
  for (let fold = 0; fold < foldCount; fold += 1) {
    expect(folds.filter((value) => value === fold).length).toBeGreaterThan(150);
  }
  // printf 1 | sha256sum: 6b86b273…, and 0x6b86b273 mod 5 is 0.
  expect(foldOf('1')).toBe(0x6b86b273 % 5);
});

test('foldsOf puts what asks the same into one fold, whatever its ids', () => {
  const queries = Array.from({ length: 50 }, (_, at) => ({ queryId: `${at}`, text: `text ${at % 25}` }));
  const folds = foldsOf(queries);
  expect(folds.slice(25)).toEqual(folds.slice(0, 25));
  expect(folds[0]).toBe(foldOf('0'));
  const spelled = ['Wing  flutter', ' wing flutter', 'wing\tFLUTTER'].map((text, at) => ({
    queryId: `${at}`,
    text,
  }));
  expect(new Set(foldsOf(spelled)).size).toBe(1);
});

describe('pointsOf', () => {
  test('leaves out what comes to the same', () => {
    const points = pointsOf({
      ...defaultSpace,
      lexicalWeights: [0, 0.5, 1],
      candidates: [100],
      rankConstants: [60],
      normalizations: ['min_max', 'l2'],
      complete: [false, true],
      fields: [
        { title: 1, text: 1 },
        { title: 2, text: 2 },
      ],
    });
    // Dense alone once, lexical alone once, and in between three fusions, two of them completed, by two fields.
    expect(points.filter(({ lexicalWeight }) => lexicalWeight === 0)).toHaveLength(1);
    expect(points.filter(({ lexicalWeight }) => lexicalWeight === 1)).toHaveLength(1);
    expect(points.filter(({ lexicalWeight }) => lexicalWeight === 0.5)).toHaveLength(10);
  });

  test('holds only what a search can carry out, and gives it back', () => {
    for (const given of drawPoints(pointsOf(defaultSpace), 200)) {
      const resolved = resolveSearchRequest({ query: 'wing', ...settingsOf(given) }, []);
      const { lexicalWeight, ...cell } = pointOf(resolved);
      expect(lexicalWeight).toBeCloseTo(given.lexicalWeight, 9);
      expect({ ...cell, lexicalWeight: given.lexicalWeight }).toEqual(given);
    }
  });
});

test('drawPoints draws without repeats, and all where the budget allows', () => {
  const drawn = drawPoints(pointsOf(defaultSpace), 50);
  expect(new Set(drawn.map((given) => JSON.stringify(given))).size).toBe(50);
  expect(drawPoints(pointsOf(defaultSpace), 1_000_000)).toHaveLength(pointsOf(defaultSpace).length);
});
