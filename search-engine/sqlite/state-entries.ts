import { randomUUID } from 'node:crypto';
import { RevisionConflict } from '../../domain/errors.ts';
import type { Database } from './database.ts';

/** An entry whose value is still the JSON that is stored. */
export interface StateRow {
  readonly key: string;
  readonly value: string;
  readonly revision: string;
}

export interface StatePage {
  readonly after?: string;
  readonly limit: number;
}

export function getEntry(database: Database, collection: string, key: string): StateRow | undefined {
  return database.row<StateRow>(
    'SELECT key, value, revision FROM state WHERE collection = ? AND key = ?',
    collection,
    key,
  );
}

export function listEntries(database: Database, collection: string, page: StatePage): StateRow[] {
  const after = page.after === undefined ? '' : 'AND key > ?';
  return database.rows<StateRow>(
    `SELECT key, value, revision FROM state WHERE collection = ? ${after} ORDER BY key LIMIT ?`,
    collection,
    ...(page.after === undefined ? [] : [page.after]),
    page.limit,
  );
}

/**
 * @param expected the revision that must be stored; `null`: nothing may be; undefined: whatever is
 * @throws {RevisionConflict}
 */
export function putEntry(
  database: Database,
  collection: string,
  key: string,
  value: string,
  expected: string | null | undefined,
): string {
  return database.transaction(() => {
    const stored = getEntry(database, collection, key)?.revision ?? null;
    if (expected !== undefined && expected !== stored) {
      throw new RevisionConflict(
        `Cannot put ${JSON.stringify(key)} in ${collection}: it was changed since it was read`,
      );
    }
    const revision = randomUUID();
    database.run(
      `INSERT INTO state (collection, key, revision, value) VALUES (?, ?, ?, ?)
       ON CONFLICT (collection, key) DO UPDATE SET revision = excluded.revision, value = excluded.value`,
      collection,
      key,
      revision,
      value,
    );
    return revision;
  });
}

export function removeEntry(database: Database, collection: string, key: string): void {
  database.run('DELETE FROM state WHERE collection = ? AND key = ?', collection, key);
}
