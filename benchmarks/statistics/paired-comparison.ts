import { bootstrapInterval, type Interval } from './bootstrap-interval.ts';
import { holm } from './holm.ts';
import { mean } from './mean.ts';
import { randomisationTest } from './randomisation-test.ts';

/** How one configuration does against another on the same queries. */
export interface PairedComparison {
  /** Mean of the differences, the measured one minus the baseline. */
  readonly difference: number;
  /** 95 %, bootstrap over queries. */
  readonly interval: Interval;
  /** Two-sided, by the randomisation test. */
  readonly pValue: number;
  /** After Holm's correction over all comparisons with this baseline. */
  readonly adjustedPValue: number;
  readonly wins: number;
  /** Queries whose values differ by less than 1e-9. */
  readonly ties: number;
  readonly losses: number;
}

const tied = 1e-9;

/**
 * Compares several configurations with one baseline, query by query.
 * @param candidates values of each configuration, in the order of the baseline's queries
 */
export function compareWithBaseline(
  baseline: readonly number[],
  candidates: readonly (readonly number[])[],
): PairedComparison[] {
  const differences = candidates.map((values) => values.map((value, at) => value - baseline[at]!));
  const pValues = differences.map((values) => randomisationTest(values));
  const adjusted = holm(pValues);
  return differences.map((values, at) => {
    const wins = values.filter((value) => value > tied).length;
    const losses = values.filter((value) => value < -tied).length;
    return {
      difference: mean(values),
      interval: bootstrapInterval(values),
      pValue: pValues[at]!,
      adjustedPValue: adjusted[at]!,
      wins,
      ties: values.length - wins - losses,
      losses,
    };
  });
}
