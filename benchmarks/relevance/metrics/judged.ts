import type { Grades } from './grades.ts';

/**
 * Judged@depth, 0 to 1: the share of the first `depth` documents that anybody judged, relevant or not. Low values mean
 * that the other metrics rest on unjudged documents, which count as not relevant. The divisor is the number of
 * documents returned where that is below `depth`; 0 for an empty ranking. Source: `Judged` of ir_measures.
 */
export function judged(ranking: readonly string[], grades: Grades, depth: number): number {
  const first = ranking.slice(0, depth);
  if (first.length === 0) return 0;
  return first.filter((documentId) => grades.has(documentId)).length / first.length;
}
