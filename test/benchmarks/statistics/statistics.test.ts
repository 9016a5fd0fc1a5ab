import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  bootstrapInterval,
  pooledBootstrapInterval,
} from '../../../benchmarks/statistics/bootstrap-interval.ts';
import { holm } from '../../../benchmarks/statistics/holm.ts';
import { mean, variance } from '../../../benchmarks/statistics/mean.ts';
import { compareWithBaseline } from '../../../benchmarks/statistics/paired-comparison.ts';
import { detectableGain, normalQuantile, queriesNeeded } from '../../../benchmarks/statistics/power.ts';
import { quantile } from '../../../benchmarks/statistics/quantile.ts';
import {
  pooledRandomisationTest,
  randomisationTest,
} from '../../../benchmarks/statistics/randomisation-test.ts';
import { createRandom } from '../../../benchmarks/statistics/seeded-random.ts';

/** Numbers of a standard normal distribution (Box and Muller). */
function normal(count: number, seed: number): number[] {
  const random = createRandom(seed);
  return Array.from(
    { length: count },
    () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()),
  );
}

test('createRandom repeats its numbers from a seed and spreads them evenly', () => {
  const [first, second] = [createRandom(7), createRandom(7)];
  const drawn = Array.from({ length: 10_000 }, first);
  expect(Array.from({ length: 10_000 }, second)).toEqual(drawn);
  expect(mean(drawn)).toBeCloseTo(0.5, 1);
  expect(variance(drawn)).toBeCloseTo(1 / 12, 2);
});

test('quantile is linear between neighbours', () => {
  // R: quantile(c(1, 2, 4, 8), c(0.5, 0.95)) gives 3 and 7.4.
  expect(quantile([1, 2, 4, 8], 0.5)).toBe(3);
  expect(quantile([1, 2, 4, 8], 0.95)).toBeCloseTo(7.4, 12);
});

test('bootstrapInterval covers the true mean about 19 times in 20', () => {
  let covered = 0;
  for (let seed = 1; seed <= 200; seed += 1) {
    const [low, high] = bootstrapInterval(normal(60, seed), seed);
    if (low <= 0 && high >= 0) covered += 1;
  }
  expect(covered).toBeGreaterThanOrEqual(180);
  expect(covered).toBeLessThanOrEqual(199);
});

test('bootstrapInterval agrees with the interval of the normal distribution on many values', () => {
  const values = normal(1_000, 3);
  const half = 1.96 * Math.sqrt(variance(values) / values.length);
  const [low, high] = bootstrapInterval(values);
  expect(low).toBeCloseTo(mean(values) - half, 2);
  expect(high).toBeCloseTo(mean(values) + half, 2);
});

test('bootstrapInterval of one value is that value, of none 0', () => {
  expect(bootstrapInterval([0.4])).toEqual([0.4, 0.4]);
  expect(bootstrapInterval([])).toEqual([0, 0]);
});

test('pooledBootstrapInterval gives each set its share, whatever its size', () => {
  const [low, high] = pooledBootstrapInterval([Array<number>(1_000).fill(0), [1]]);
  expect([low, high]).toEqual([0.5, 0.5]);
});

test('randomisationTest counts every assignment of few differences', () => {
  // Of 2^3 assignments only + + + and − − − are as far from 0.
  expect(randomisationTest([1, 2, 3])).toBe(2 / 8);
  expect(randomisationTest([1, 2, 3, 0, 0])).toBe(2 / 8);
  expect(randomisationTest([0, 0])).toBe(1);
  expect(randomisationTest([])).toBe(1);
});

test('randomisationTest of many differences agrees with the exact count of the sign test', () => {
  // 15 of 20 equal differences: the two-sided binomial probability is 0.0414 (R: binom.test(15, 20)).
  const differences = [...Array<number>(15).fill(1), ...Array<number>(5).fill(-1)];
  expect(randomisationTest(differences)).toBeCloseTo(0.0414, 2);
});

test('randomisationTest calls no difference on about 19 of 20 samples without one', () => {
  const called = Array.from({ length: 200 }, (_, at) => randomisationTest(normal(40, at + 1), at)).filter(
    (pValue) => pValue < 0.05,
  ).length;
  expect(called).toBeGreaterThanOrEqual(2);
  expect(called).toBeLessThanOrEqual(20);
});

test('pooledRandomisationTest lets sets of one sign agree', () => {
  const [few, many] = [normal(30, 5), normal(300, 6)].map((values) => values.map((value) => value + 0.4));
  expect(pooledRandomisationTest([few!, many!])).toBeLessThan(0.05);
  expect(pooledRandomisationTest([few!, few!.map((value) => -value)])).toBe(1);
});

test("holm agrees with R's p.adjust", () => {
  // p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm")
  const adjusted = holm([0.01, 0.04, 0.03, 0.005]);
  for (const [at, value] of [0.03, 0.06, 0.06, 0.02].entries()) expect(adjusted[at]).toBeCloseTo(value, 12);
});

test('holm keeps the order of the p-values and never lowers one', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true })), (pValues) => {
      const adjusted = holm(pValues);
      for (const [left, value] of pValues.entries()) {
        expect(adjusted[left]).toBeGreaterThanOrEqual(value);
        expect(adjusted[left]).toBeLessThanOrEqual(1);
        for (const [right, other] of pValues.entries()) {
          if (value < other) expect(adjusted[left]).toBeLessThanOrEqual(adjusted[right]!);
        }
      }
    }),
  );
});

test('normalQuantile gives the usual values', () => {
  expect(normalQuantile(0.975)).toBeCloseTo(1.95996, 3);
  expect(normalQuantile(0.8)).toBeCloseTo(0.84162, 3);
  expect(normalQuantile(0.2)).toBeCloseTo(-0.84162, 3);
});

test('queriesNeeded and detectableGain undo each other', () => {
  // (1.96 + 0.8416)² · 0.13² / 0.02² = 331.6
  expect(queriesNeeded(0.02, 0.13)).toBe(332);
  expect(detectableGain(332, 0.13)).toBeCloseTo(0.02, 4);
});

test('detectableGain is what the randomisation test then sees four times in five', () => {
  const gain = detectableGain(100, 1);
  const seen = Array.from({ length: 60 }, (_, at) =>
    randomisationTest(
      normal(100, at + 1).map((value) => value + gain),
      at,
    ),
  ).filter((pValue) => pValue < 0.05).length;
  expect(seen).toBeGreaterThanOrEqual(38);
  expect(seen).toBeLessThanOrEqual(57);
});

test('compareWithBaseline counts wins, ties and losses, and corrects for the number of comparisons', () => {
  const baseline = [0.5, 0.5, 0.5, 0.5];
  const [better, equal] = compareWithBaseline(baseline, [[0.6, 0.7, 0.5, 0.4], baseline]);
  expect(better).toMatchObject({ wins: 2, ties: 1, losses: 1 });
  expect(better!.difference).toBeCloseTo(0.05, 12);
  expect(better!.adjustedPValue).toBe(Math.min(1, better!.pValue * 2));
  expect(equal).toMatchObject({ difference: 0, interval: [0, 0], pValue: 1, wins: 0, ties: 4, losses: 0 });
});
