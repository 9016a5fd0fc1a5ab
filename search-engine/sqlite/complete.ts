import type { Candidate } from '../search-engine.ts';
import type { Database } from './database.ts';

/** A candidate with the row of its chunk. */
export interface FoundRow extends Candidate {
  readonly chunk: number;
}

/** The cosine of chunks that only the lexical leg found, by chunkId. */
export function measureDense(
  database: Database,
  vector: Float32Array,
  others: readonly FoundRow[],
): Map<string, number> {
  const rows = database.tuples<[chunkId: string, distance: number]>(
    `SELECT chunk_id, vec_distance_l2(embedding, ?)
     FROM json_each(?) AS other CROSS JOIN chunks ON chunk = other.value CROSS JOIN vectors USING (vector)`,
    vector,
    JSON.stringify(others.map(({ chunk }) => chunk)),
  );
  return new Map(rows.map(([chunkId, distance]) => [chunkId, cosineOf(distance)]));
}

/** For vectors of length 1: |a − b|² = 2 − 2·cos(a, b). */
export function cosineOf(distance: number): number {
  return Math.max(-1, 1 - distance ** 2 / 2);
}

/** What of one leg the other has not found. */
export function notAmong(found: readonly FoundRow[], others: readonly FoundRow[]): FoundRow[] {
  const chunks = new Set(others.map(({ chunk }) => chunk));
  return found.filter(({ chunk }) => !chunks.has(chunk));
}

/** Candidates as they leave the engine. */
export function toCandidates(found: readonly FoundRow[]): Candidate[] {
  return found.map(({ chunkId, documentId, ordinal, score }) => ({ chunkId, documentId, ordinal, score }));
}
