import type { RankedChunk } from '../domain/ranking.ts';

/** The score that a hit stands by in the list: the reranker's, else the boosted, else the fused one. */
export function standingScore({ breakdown }: RankedChunk): number {
  return (breakdown.rerank ?? breakdown.boosted ?? breakdown.fused).score;
}
