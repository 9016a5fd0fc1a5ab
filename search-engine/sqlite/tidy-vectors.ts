import type { Database } from './database.ts';
import type { EmbeddingSpace } from './embedding-space.ts';
import { nearestBlock, nearestSchema } from './schema.ts';

/**
 * Deletes vectors that have not been used for `rememberMs`, and lays the searched ones anew where deletions have left
 * their blocks more than half empty: sqlite-vec fills no gaps.
 */
export function tidyVectors(database: Database, embedding: EmbeddingSpace, rememberMs: number): void {
  database.transaction(() => {
    database.run('DELETE FROM vectors WHERE unreferenced_since <= ?', Date.now() - rememberMs);
    const { blocks } = database.row<{ blocks: number }>('SELECT count(*) AS blocks FROM nearest_chunks')!;
    const { used } = database.row<{ used: number }>('SELECT count(*) AS used FROM nearest_rowids')!;
    const isSparse = blocks > 8 + (2 * used) / nearestBlock;
    if (!isSparse) return;
    database.execute(`DROP TABLE nearest; ${nearestSchema(embedding)}`);
    database.run(
      'INSERT INTO nearest (rowid, embedding) SELECT vector, embedding FROM vectors WHERE unreferenced_since IS NULL',
    );
  });
}
