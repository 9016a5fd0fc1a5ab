import { dotProduct } from '../domain/dot-product.ts';
import type { RankedChunk } from '../domain/ranking.ts';
import { standingScore } from './standing-score.ts';

/**
 * Orders a list by maximal marginal relevance: next comes the hit with the greatest
 * λ · relevance − (1 − λ) · (greatest cosine to a hit before it). Pure.
 *
 * Relevance is the score that the list stands by (reranker's, boosted or fused), min-max normalised over the list, so
 * that it is on a scale with the cosine. Equal values keep the order of the list. λ 1 leaves the list as it is.
 *
 * Source: Carbonell and Goldstein, "The use of MMR, diversity-based reranking for reordering documents and producing
 * summaries", SIGIR 1998.
 *
 * @param vectors of length 1, by chunkId; a hit without one is unlike every other
 */
export function diversify(
  ranked: readonly RankedChunk[],
  lambda: number,
  vectors: ReadonlyMap<string, Float32Array>,
): RankedChunk[] {
  const relevance = minMax(ranked.map(standingScore));
  const nearest = new Float64Array(ranked.length);
  const isTaken = new Uint8Array(ranked.length);
  const ordered: RankedChunk[] = [];
  const value = (at: number) => lambda * relevance[at]! - (1 - lambda) * nearest[at]!;
  while (ordered.length < ranked.length) {
    let best = -1;
    for (let at = 0; at < ranked.length; at += 1) {
      if (isTaken[at] === 0 && (best < 0 || value(at) > value(best) + 1e-9)) best = at;
    }
    const chunk = ranked[best]!;
    isTaken[best] = 1;
    ordered.push({
      ...chunk,
      breakdown: {
        ...chunk.breakdown,
        diversified: { score: value(best), similarity: nearest[best]!, rank: ordered.length + 1 },
      },
    });
    const vector = vectors.get(chunk.chunkId);
    if (vector === undefined) continue;
    for (let at = 0; at < ranked.length; at += 1) {
      if (isTaken[at] === 1) continue;
      const other = vectors.get(ranked[at]!.chunkId);
      if (other !== undefined) nearest[at] = Math.max(nearest[at]!, dotProduct(vector, other));
    }
  }
  return ordered;
}

function minMax(scores: readonly number[]): number[] {
  const highest = Math.max(...scores);
  const lowest = Math.min(...scores);
  return scores.map((score) => (highest === lowest ? 1 : (score - lowest) / (highest - lowest)));
}
