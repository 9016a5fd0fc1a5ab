import { countRelevant, type Grades, isRelevant } from './grades.ts';

/**
 * Recall@depth, 0 to 1: the share of all relevant documents that stand among the first `depth`. 0 where nothing is
 * relevant. Source: `recall` of trec_eval; Manning, Raghavan and Schütze, "Introduction to Information Retrieval", 8.3.
 */
export function recall(ranking: readonly string[], grades: Grades, depth: number): number {
  const relevant = countRelevant(grades);
  if (relevant === 0) return 0;
  return ranking.slice(0, depth).filter((documentId) => isRelevant(grades, documentId)).length / relevant;
}
