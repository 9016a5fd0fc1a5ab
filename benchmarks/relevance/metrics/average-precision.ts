import { countRelevant, type Grades, isRelevant } from './grades.ts';

/**
 * Average precision of the whole ranking, 0 to 1: the precision at the rank of each relevant document found, summed
 * and divided by the number of all relevant documents. Its mean over queries is MAP. 0 where nothing is relevant.
 * Source: `map` of trec_eval; Manning, Raghavan and Schütze, "Introduction to Information Retrieval", 8.4.
 */
export function averagePrecision(ranking: readonly string[], grades: Grades): number {
  const relevant = countRelevant(grades);
  if (relevant === 0) return 0;
  let found = 0;
  let sum = 0;
  ranking.forEach((documentId, at) => {
    if (!isRelevant(grades, documentId)) return;
    found += 1;
    sum += found / (at + 1);
  });
  return sum / relevant;
}
