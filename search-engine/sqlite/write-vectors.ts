import type { Database } from './database.ts';

/** Stores a vector once a fingerprint, among those that are searched, and returns its id. */
export function keepVector(database: Database, fingerprint: string, embedding: Float32Array): number {
  const stored = database.row<{ vector: number; unused: number | null }>(
    'SELECT vector, unreferenced_since AS unused FROM vectors WHERE fingerprint = ?',
    fingerprint,
  );
  if (stored === undefined) {
    const { inserted } = database.run(
      'INSERT INTO vectors (fingerprint, embedding) VALUES (?, ?)',
      fingerprint,
      embedding,
    );
    searchVector(database, inserted);
    return inserted;
  }
  if (stored.unused !== null) {
    database.run('UPDATE vectors SET unreferenced_since = NULL WHERE vector = ?', stored.vector);
    searchVector(database, stored.vector);
  }
  return stored.vector;
}

/** Takes those of the vectors that no chunk uses any more out of the search, and remembers since when. */
export function forgetUnused(database: Database, vectors: readonly number[]): void {
  for (const vector of new Set(vectors)) {
    const { used } = database.row<{ used: number }>(
      'SELECT EXISTS (SELECT 1 FROM chunks WHERE vector = ?) AS used',
      vector,
    )!;
    if (used === 1) continue;
    // sqlite-vec takes whole numbers only, and node:sqlite binds a number as a float.
    database.run('DELETE FROM nearest WHERE rowid = ?', BigInt(vector));
    database.run('UPDATE vectors SET unreferenced_since = ? WHERE vector = ?', Date.now(), vector);
  }
}

function searchVector(database: Database, vector: number): void {
  database.run(
    'INSERT INTO nearest (rowid, embedding) SELECT vector, embedding FROM vectors WHERE vector = ?',
    vector,
  );
}
