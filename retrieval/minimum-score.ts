import type { RankedChunk } from '../domain/ranking.ts';
import type { ResolvedSearchRequest } from '../domain/search.ts';

/**
 * Leaves out the hits below the minimum score of one stage. Pure.
 *
 * A hit that the dense leg did not return counts as below a minimum on `dense`: its cosine is not known.
 */
export function atLeastMinimumScore(
  ranked: readonly RankedChunk[],
  stage: 'dense' | 'fused' | 'rerank',
  minimum: ResolvedSearchRequest['minimumScore'],
): readonly RankedChunk[] {
  if (minimum?.on !== stage) return ranked;
  return ranked.filter(({ breakdown }) => {
    const score = breakdown[stage]?.score ?? null;
    return score !== null && score >= minimum.value;
  });
}
