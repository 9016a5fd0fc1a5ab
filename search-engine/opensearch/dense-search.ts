import type { Query } from './filter-query.ts';

/** The most neighbours that a k-NN query of OpenSearch may ask for. */
export const maxNeighbours = 10_000;

/** A hit of a leg is told by what it is sorted by alone. Its `_id` is a stored field, and to load 50 doubles a search. */
export const nothingLoaded = { track_total_hits: false, _source: false, stored_fields: '_none_' } as const;

/** HNSW finds well only with a longer list of candidates than a few. */
const minSearchEffort = 100;

/**
 * The k nearest chunks that pass the filters. These stand inside the k-NN query, where Lucene goes on until k are found
 * that pass, and compares one by one where fewer nodes pass than k or than it would visit: the result is k long
 * whenever k pass.
 */
export function denseSearch(
  vector: Float32Array,
  neighbours: number,
  filters: readonly Query[],
  sort: readonly unknown[],
): object {
  return {
    query: {
      knn: {
        vector: {
          vector: Array.from(vector),
          k: neighbours,
          filter: { bool: { filter: filters } },
          method_parameters: { ef_search: Math.max(neighbours, minSearchEffort) },
        },
      },
    },
    sort,
    size: neighbours,
    ...nothingLoaded,
  };
}

/**
 * The cosine in a score of OpenSearch, which for the inner product p of a Lucene field is 1 + p, below 0 1 / (1 − p)
 * (k-NN plugin, "space types"). Rounding can carry it past 1 by the last bit.
 */
export function cosineOf(score: number): number {
  const cosine = score >= 1 ? score - 1 : 1 - 1 / score;
  return Math.max(-1, Math.min(1, cosine));
}

/** True where the last candidate's score is that of the last neighbour too, and there may be more of that score. */
export function isCutInTie(scores: readonly number[], candidates: number, asked: number): boolean {
  if (scores.length < asked || asked >= maxNeighbours || scores.length <= candidates) return false;
  return scores[candidates - 1] === scores.at(-1);
}
