import {
  bootstrapInterval,
  type Interval,
  pooledBootstrapInterval,
} from '../statistics/bootstrap-interval.ts';
import { holm } from '../statistics/holm.ts';
import { mean, variance } from '../statistics/mean.ts';
import { detectableGain } from '../statistics/power.ts';
import { pooledRandomisationTest, randomisationTest } from '../statistics/randomisation-test.ts';

/** Paired differences of one dataset's judging queries, the choice minus the baseline. */
export interface JudgedSet {
  readonly dataset: string;
  /** `held-out`: queries that no choice saw. `out-of-fold`: each by a choice that did not see its fold. */
  readonly how: 'held-out' | 'out-of-fold';
  readonly values: readonly number[];
  readonly baselineValues: readonly number[];
}

export interface SetJudgement extends Omit<JudgedSet, 'values' | 'baselineValues'> {
  readonly queries: number;
  readonly mean: number;
  readonly meanInterval: Interval;
  readonly baselineMean: number;
  readonly baselineInterval: Interval;
  readonly difference: number;
  readonly interval: Interval;
  readonly pValue: number;
  /** After Holm's correction over the sets. */
  readonly adjustedPValue: number;
}

export interface Judgement {
  readonly sets: readonly SetJudgement[];
  /** The mean of the sets' mean differences. */
  readonly difference: number;
  readonly interval: Interval;
  readonly pValue: number;
  /** 0.05, divided by the number of comparisons that the same queries have made. */
  readonly alpha: number;
  readonly isProven: boolean;
  /** Sets that are significantly worse. */
  readonly worse: readonly string[];
  /** The standard deviation of a query's difference, for `bench plan`. */
  readonly deviation: number;
  /** The smallest gain that these queries would have shown four times in five. */
  readonly detectableGain: number;
}

/**
 * A gain is proven where the mean of the sets' mean differences is above 0 with p below alpha, and no set is
 * significantly worse.
 * @param pValue corrected where several choices are judged together
 */
export function isGainProven(
  { difference, alpha, worse }: Pick<Judgement, 'difference' | 'alpha' | 'worse'>,
  pValue: number,
): boolean {
  return difference > 0 && pValue < alpha && worse.length === 0;
}

/**
 * Judges a choice against the baseline by queries that it was not made on.
 * @param earlierLooks how many other comparisons the same queries have made before
 */
export function judgeChoice(judged: readonly JudgedSet[], earlierLooks: number): Judgement {
  const differences = judged.map(({ values, baselineValues }) =>
    values.map((value, at) => value - baselineValues[at]!),
  );
  const pValues = differences.map((values) => randomisationTest(values));
  const adjusted = holm(pValues);
  const sets = judged.map(
    ({ dataset, how, values, baselineValues }, at): SetJudgement => ({
      dataset,
      how,
      queries: values.length,
      mean: mean(values),
      meanInterval: bootstrapInterval(values),
      baselineMean: mean(baselineValues),
      baselineInterval: bootstrapInterval(baselineValues),
      difference: mean(differences[at]!),
      interval: bootstrapInterval(differences[at]!),
      pValue: pValues[at]!,
      adjustedPValue: adjusted[at]!,
    }),
  );
  const alpha = 0.05 / (1 + earlierLooks);
  const difference = mean(sets.map((set) => set.difference));
  const pValue = pooledRandomisationTest(differences);
  const worse = sets
    .filter((set) => set.difference < 0 && set.adjustedPValue < 0.05)
    .map(({ dataset }) => dataset);
  // The deviation of one query that would give the mean of means the variance that it has.
  const queries = differences.reduce((sum, { length }) => sum + length, 0);
  const meanVariance =
    differences.reduce((sum, values) => sum + variance(values) / Math.max(1, values.length), 0) /
    differences.length ** 2;
  const deviation = Math.sqrt(meanVariance * queries);
  return {
    sets,
    difference,
    interval: pooledBootstrapInterval(differences),
    pValue,
    alpha,
    isProven: isGainProven({ difference, alpha, worse }, pValue),
    worse,
    deviation,
    detectableGain: detectableGain(queries, deviation, { alpha }),
  };
}
