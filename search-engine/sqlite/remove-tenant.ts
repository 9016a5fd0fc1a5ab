import { rmSync } from 'node:fs';
import type { RemovedDocuments } from '../document-store.ts';
import type { Database } from './database.ts';

/** Counts what a tenant's file holds, tombstones and parked patches among the documents. */
export function countTenant(database: Database): RemovedDocuments {
  const count = (table: 'documents' | 'chunks' | 'vectors') =>
    database.row<{ count: number }>(`SELECT count(*) AS count FROM ${table}`)!.count;
  return database.snapshot(() => ({
    documents: count('documents'),
    chunks: count('chunks'),
    vectors: count('vectors'),
  }));
}

/** Removes all entries of a tenant's state and returns how many there were by collection. */
export function removeAllEntries(database: Database): Record<string, number> {
  return database.transaction(() => {
    const rows = database.rows<{ collection: string; count: number }>(
      'SELECT collection, count(*) AS count FROM state GROUP BY collection ORDER BY collection',
    );
    database.run('DELETE FROM state');
    return Object.fromEntries(rows.map(({ collection, count }) => [collection, count]));
  });
}

/** Moves the log into the file, so that a log left alone by a crash cannot be taken for that of a file made anew. */
export function emptyLog(database: Database): void {
  database.execute('PRAGMA wal_checkpoint(TRUNCATE)');
}

/** Deletes a tenant's file; the log first, for the same reason. */
export function deleteTenantFile(path: string): void {
  for (const ending of ['-wal', '-shm', '']) rmSync(`${path}${ending}`, { force: true });
}
