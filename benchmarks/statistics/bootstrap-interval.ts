import { quantile } from './quantile.ts';
import { createRandom } from './seeded-random.ts';

export type Interval = readonly [low: number, high: number];

/** Resamples of an interval; with these its ends move by less than a hundredth of its width from seed to seed. */
const resamples = 2_000;

/**
 * The 95 % interval of a mean over queries: the 2.5 % and 97.5 % quantiles of the means of samples drawn from the
 * queries with replacement (percentile bootstrap). One value gives an interval of that value: it says nothing of others.
 * Source: Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13; for retrieval Sakai, "Evaluating
 * evaluation metrics based on the bootstrap", SIGIR 2006.
 */
export function bootstrapInterval(values: ArrayLike<number>, seed = 1): Interval {
  return pooledBootstrapInterval([values], seed);
}

/**
 * The same for the mean of several sets' means: queries are drawn within their set, so that each set keeps its share.
 * @param sets values of each set; empty ones are left out
 */
export function pooledBootstrapInterval(sets: readonly ArrayLike<number>[], seed = 1): Interval {
  const filled = sets.filter(({ length }) => length > 0);
  if (filled.length === 0) return [0, 0];
  const random = createRandom(seed);
  const means = new Float64Array(resamples);
  for (let sample = 0; sample < resamples; sample += 1) {
    let total = 0;
    for (const values of filled) {
      const count = values.length;
      let sum = 0;
      for (let draw = 0; draw < count; draw += 1) sum += values[Math.floor(random() * count)]!;
      total += sum / count;
    }
    means[sample] = total / filled.length;
  }
  means.sort();
  return [quantile(means, 0.025), quantile(means, 0.975)];
}
