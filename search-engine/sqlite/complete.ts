import type { Candidate } from '../search-engine.ts';
import type { Database } from './database.ts';

/** A candidate with the row of its chunk. */
export interface FoundRow extends Candidate {
  readonly chunk: number;
}

/** Notes the chunks of the dense leg, which the lexical leg then scores in its own scan. */
export function noteCompleting(database: Database, found: readonly FoundRow[]): void {
  database.run('DELETE FROM temp.completing');
  database.run(
    'INSERT OR IGNORE INTO temp.completing SELECT value FROM json_each(?)',
    JSON.stringify(found.map(({ chunk }) => chunk)),
  );
}

/** The cosine of chunks that only the lexical leg found, by chunkId. */
export function measureDense(
  database: Database,
  vector: Float32Array,
  others: readonly FoundRow[],
): Map<string, number> {
  const rows = database.rows<{ chunkId: string; distance: number }>(
    `SELECT chunk_id AS chunkId, vec_distance_l2(embedding, ?) AS distance
     FROM json_each(?) AS other CROSS JOIN chunks ON chunk = other.value CROSS JOIN vectors USING (vector)`,
    vector,
    JSON.stringify(others.map(({ chunk }) => chunk)),
  );
  return new Map(rows.map(({ chunkId, distance }) => [chunkId, cosineOf(distance)]));
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
