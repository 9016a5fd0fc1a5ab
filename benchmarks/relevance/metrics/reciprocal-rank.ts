import { type Grades, isRelevant } from './grades.ts';

/**
 * Reciprocal rank, 0 to 1: 1 / rank of the first relevant document of the whole ranking, 0 where there is none.
 * Its mean over queries is MRR. Source: `recip_rank` of trec_eval; Voorhees, "The TREC-8 Question Answering Track
 * Report", 1999.
 */
export function reciprocalRank(ranking: readonly string[], grades: Grades): number {
  const at = ranking.findIndex((documentId) => isRelevant(grades, documentId));
  return at === -1 ? 0 : 1 / (at + 1);
}
