import { createRandom } from './seeded-random.ts';

const rounds = 10_000;
/** Up to so many queries that differ, each assignment of signs is counted instead of drawn. */
const exactUpTo = 13;

/**
 * The two-sided p-value of the hypothesis that two configurations do not differ, from the differences of the same
 * queries: the share of assignments of signs whose mean difference is at least as far from 0 as the one seen. Exact for
 * up to 13 differences other than 0, else from 10,000 drawn assignments, where the one seen counts as one of them, so
 * that p is never 0.
 * Source: Fisher's randomisation test; Smucker, Allan and Carterette, "A comparison of statistical significance tests for
 * information retrieval evaluation", CIKM 2007; Phipson and Smyth, "Permutation p-values should never be zero", 2010.
 */
export function randomisationTest(differences: ArrayLike<number>, seed = 1): number {
  return pooledRandomisationTest([differences], seed);
}

/** The least p-value that so many differences can have: all of one sign, and never below one of the drawn assignments. */
export function leastPValue(differences: number): number {
  return differences <= exactUpTo
    ? 2 ** (1 - differences)
    : Math.max(2 ** (1 - differences), 1 / (rounds + 1));
}

/** The same for the mean of several sets' mean differences. */
export function pooledRandomisationTest(sets: readonly ArrayLike<number>[], seed = 1): number {
  const filled = sets.filter(({ length }) => length > 0);
  // Each difference carries the share that its set gives it; a sum of these is the mean of the means.
  const shares = filled.flatMap((differences) =>
    Array.from(differences, (difference) => difference / differences.length / filled.length),
  );
  const weighted = Float64Array.from(shares.filter((share) => share !== 0));
  if (weighted.length === 0) return 1;
  const seen = Math.abs(weighted.reduce((sum, share) => sum + share, 0));
  // Sums of the same numbers in another order differ in their last bits.
  const atLeast = seen - 1e-12;
  return weighted.length <= exactUpTo ? exact(weighted, atLeast) : drawn(weighted, atLeast, seed);
}

function exact(weighted: Float64Array, atLeast: number): number {
  const assignments = 2 ** weighted.length;
  let extreme = 0;
  for (let signs = 0; signs < assignments; signs += 1) {
    let sum = 0;
    for (let at = 0; at < weighted.length; at += 1) {
      sum += (signs >> at) & 1 ? weighted[at]! : -weighted[at]!;
    }
    if (Math.abs(sum) >= atLeast) extreme += 1;
  }
  return extreme / assignments;
}

function drawn(weighted: Float64Array, atLeast: number, seed: number): number {
  const random = createRandom(seed);
  let extreme = 0;
  for (let round = 0; round < rounds; round += 1) {
    let sum = 0;
    let bits = 0;
    for (let at = 0; at < weighted.length; at += 1) {
      // One draw gives the signs of sixteen.
      if (at % 16 === 0) bits = Math.floor(random() * 65_536);
      sum += bits & 1 ? weighted[at]! : -weighted[at]!;
      bits >>= 1;
    }
    if (Math.abs(sum) >= atLeast) extreme += 1;
  }
  return (extreme + 1) / (rounds + 1);
}
