import type { LegName, Normalization } from '../domain/search.ts';

export interface NormalizedLeg {
  /** In the order of the scores given. */
  readonly scores: Float64Array;
  /** In the order of the completed scores given: on the scale of the scores, so that they can lie below its end. */
  readonly completed: Float64Array;
  /** What a hit gets that the leg did not return. */
  readonly missing: number;
}

/** The least score that a leg can give: BM25 of no matching word, the cosine of opposite vectors. */
const lowerBounds: Record<LegName, number> = { lexical: 0, dense: -1 };

/** Scores closer than this are equal: less is noise of 32-bit arithmetic. */
const epsilon = 1e-9;

/**
 * Brings the scores of one leg onto a common scale. Pure.
 *
 * - `min_max`: (s − min) / (max − min), 0 to 1 (Lee, "Combining multiple evidence from different properties of weighting
 *   schemes", SIGIR 1995).
 * - `theoretical_min_max`: (s − L) / (max − L) with L the leg's lower bound: BM25 0, cosine −1 (Bruch, Gai and Ingber,
 *   "An analysis of fusion functions for hybrid retrieval", ACM TOIS 42(1), 2023).
 * - `l2`: s / √Σs².
 * - `z_score`: (s − mean) / standard deviation (of the population), without a floor.
 *
 * A leg with one score, or with equal scores, gives 1 to what it returned. A hit that the leg did not return gets the
 * leg's lowest normalised score; where that is 1 because all scores are equal, it gets 1 if the leg may have been cut
 * at `candidates`, and 0 if the leg returned all that match, so that a lone exact match still counts.
 *
 * Completed scores do not move the scale: with them a hit gets about what it would get had the leg gone deeper.
 *
 * @param scores by rank, falling
 * @param completed scores of hits that the leg did not return, none above the last of `scores`
 * @param isComplete the leg returned fewer hits than it was asked for, so that nothing else matches
 */
export function normalizeLeg(
  leg: LegName,
  scores: ArrayLike<number>,
  normalization: Normalization,
  isComplete: boolean,
  completed: ArrayLike<number> = [],
): NormalizedLeg {
  const count = scores.length;
  const normalized = new Float64Array(count);
  if (count === 0) return { scores: normalized, completed: new Float64Array(completed.length), missing: 0 };
  const highest = scores[0]!;
  const lowest = scores[count - 1]!;
  if (highest - lowest <= epsilon) {
    return {
      scores: normalized.fill(1),
      completed: Float64Array.from(completed, (score) => (lowest - score <= epsilon ? 1 : 0)),
      missing: isComplete || completed.length > 0 ? 0 : 1,
    };
  }
  const [offset, divisor] = scaleOf(leg, scores, normalization);
  for (let at = 0; at < count; at += 1) normalized[at] = (scores[at]! - offset) / divisor;
  const others = Float64Array.from(completed, (score) => (score - offset) / divisor);
  const missing = others.reduce((least, score) => Math.min(least, score), normalized[count - 1]!);
  return { scores: normalized, completed: others, missing };
}

function scaleOf(
  leg: LegName,
  scores: ArrayLike<number>,
  normalization: Normalization,
): [offset: number, divisor: number] {
  const highest = scores[0]!;
  switch (normalization) {
    case 'min_max': {
      const lowest = scores[scores.length - 1]!;
      return [lowest, highest - lowest];
    }
    case 'theoretical_min_max':
      return [lowerBounds[leg], highest - lowerBounds[leg]];
    case 'l2': {
      let squares = 0;
      for (let at = 0; at < scores.length; at += 1) squares += scores[at]! ** 2;
      return [0, Math.sqrt(squares)];
    }
    case 'z_score': {
      let sum = 0;
      for (let at = 0; at < scores.length; at += 1) sum += scores[at]!;
      const mean = sum / scores.length;
      let squares = 0;
      for (let at = 0; at < scores.length; at += 1) squares += (scores[at]! - mean) ** 2;
      return [mean, Math.sqrt(squares / scores.length)];
    }
  }
}
