import { type Grades, isRelevant } from './grades.ts';

/**
 * Precision@depth, 0 to 1: relevant documents among the first `depth`, divided by `depth` even where the ranking is
 * shorter. Source: `P` of trec_eval; Manning, Raghavan and Schütze, "Introduction to Information Retrieval", 8.4.
 */
export function precision(ranking: readonly string[], grades: Grades, depth: number): number {
  return ranking.slice(0, depth).filter((documentId) => isRelevant(grades, documentId)).length / depth;
}
