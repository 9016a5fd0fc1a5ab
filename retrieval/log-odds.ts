import type { LegCalibration, LegName } from '../domain/search.ts';
import type { NormalizedLeg } from './normalize.ts';

/**
 * Brings the scores of one leg to log-odds of relevance. Pure.
 *
 * log(p / (1 − p)) = slope · (score − midpoint), where p = 1 / (1 + e^(−slope · (score − midpoint))): the sigmoid of
 * Bayesian BM25 without its priors of term frequency and length, which an engine does not tell (Jeong, "Bayesian BM25: A
 * probabilistic framework for hybrid text and vector search", 2026, doi:10.5281/zenodo.18414940). Weighted sums of
 * log-odds are the logarithmic opinion pool of Genest and Zidek, "Combining probability distributions", Statistical
 * Science 1(1), 1986.
 *
 * The scale is the calibration's, the same for every query, so that a query whose scores lie close together tells less.
 * A hit that the leg did not return gets the lowest log-odds of the leg. Of the lexical leg it gets those of the score 0
 * where the leg returned, or completed, all that match: such a hit has none of the words.
 *
 * @param scores by rank, falling
 * @param completed scores of hits that the leg did not return; absent where the leg was not completed
 * @param isComplete the leg returned fewer hits than it was asked for, so that nothing else matches
 */
export function logOddsLeg(
  leg: LegName,
  scores: ArrayLike<number>,
  { midpoint, slope }: LegCalibration,
  isComplete: boolean,
  completed?: ArrayLike<number>,
): NormalizedLeg {
  const logOdds = (score: number) => slope * (score - midpoint);
  const normalized = Float64Array.from(scores, logOdds);
  const others = Float64Array.from(completed ?? [], logOdds);
  const isMatchKnown = leg === 'lexical' && (isComplete || completed !== undefined);
  const lowest = isMatchKnown ? logOdds(0) : Math.min(...normalized.subarray(-1), ...others);
  return { scores: normalized, completed: others, missing: Number.isFinite(lowest) ? lowest : 0 };
}

/**
 * Estimates a leg's sigmoid from the scores that it gives to any queries, without judgements: the midpoint is the median,
 * the slope 1 / standard deviation. Pure.
 *
 * Source: the automatic estimate of Bayesian BM25, see `logOddsLeg`.
 *
 * @param scores of one leg, of many queries
 */
export function estimateCalibration(scores: readonly number[]): LegCalibration {
  if (scores.length === 0) return { midpoint: 0, slope: 1 };
  const sorted = Float64Array.from(scores).sort();
  const half = sorted.length >> 1;
  const midpoint = sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
  const mean = sorted.reduce((sum, score) => sum + score, 0) / sorted.length;
  const variance = sorted.reduce((sum, score) => sum + (score - mean) ** 2, 0) / sorted.length;
  return { midpoint, slope: variance > 1e-18 ? 1 / Math.sqrt(variance) : 1 };
}
