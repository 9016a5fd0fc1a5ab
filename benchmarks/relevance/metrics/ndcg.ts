import type { Grades } from './grades.ts';

/**
 * nDCG@depth with linear gain, 0 to 1: Σ grade / log2(rank + 1) over the first `depth` documents, divided by the
 * same sum of the best possible ranking of all judged documents. 0 where nothing is relevant.
 *
 * The gain is the grade itself, as in `ndcg_cut` of trec_eval and BEIR; the exponential gain 2^grade − 1 gives other
 * figures for graded judgements. Source: Järvelin and Kekäläinen, "Cumulated gain-based evaluation of IR techniques",
 * ACM TOIS 20(4), 2002.
 */
export function ndcg(ranking: readonly string[], grades: Grades, depth: number): number {
  const gains = ranking.map((documentId) => Math.max(0, grades.get(documentId) ?? 0));
  const best = [...grades.values()].map((grade) => Math.max(0, grade)).sort((left, right) => right - left);
  const ideal = discountedGain(best, depth);
  return ideal === 0 ? 0 : discountedGain(gains, depth) / ideal;
}

function discountedGain(gains: readonly number[], depth: number): number {
  return gains.slice(0, depth).reduce((sum, gain, at) => sum + gain / Math.log2(at + 2), 0);
}
