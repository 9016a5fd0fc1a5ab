import type { RankedChunk } from '../domain/ranking.ts';
import type { Scope } from '../domain/scope.ts';
import type { ResolvedSearchRequest } from '../domain/search.ts';
import type { SearchEngine } from '../search-engine/search-engine.ts';

type Feedback = NonNullable<ResolvedSearchRequest['feedback']>;

/** Reads the vectors of the first hits and moves the query's vector towards them. */
export async function feedBack(
  engine: SearchEngine,
  scope: Scope,
  { weight, hits }: Feedback,
  vector: Float32Array,
  ranked: readonly RankedChunk[],
  signal: AbortSignal | undefined,
): Promise<Float32Array> {
  const features = await engine.features(scope, ranked.slice(0, hits), { vectors: true }, signal);
  return moveTowards(
    vector,
    features.flatMap((feature) => feature.vector ?? []),
    weight,
  );
}

/**
 * (1 − weight) · query + weight · mean of `relevant`, brought to length 1. Pure. Without `relevant` the query stays.
 *
 * Source: Rocchio, "Relevance feedback in information retrieval", 1971, without its negative part; the hits are taken to
 * be relevant (pseudo relevance feedback).
 */
export function moveTowards(
  query: Float32Array,
  relevant: readonly Float32Array[],
  weight: number,
): Float32Array {
  if (relevant.length === 0) return query;
  const moved = Float32Array.from(query, (value, at) => {
    const sum = relevant.reduce((total, vector) => total + vector[at]!, 0);
    return (1 - weight) * value + (weight * sum) / relevant.length;
  });
  const length = Math.hypot(...moved);
  return length === 0 ? query : moved.map((value) => value / length);
}
