import { expect } from 'vitest';
import { Database } from '../../../search-engine/sqlite/database.ts';

/** Expects a tenant's file to be whole, and what is kept twice for searching to agree with what is stored. */
export function checkTenantFile(path: string): void {
  const database = new Database(path, 'write');
  try {
    expect(database.rows('PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }]);
    // FTS5 compares its index with the stored texts and throws where they differ.
    database.run(`INSERT INTO lexical (lexical, rank) VALUES ('integrity-check', 1)`);
    const strays = {
      'chunks without text': 'SELECT chunk FROM chunks EXCEPT SELECT chunk FROM texts',
      'texts without chunk': 'SELECT chunk FROM texts EXCEPT SELECT chunk FROM chunks',
      'chunks without a searched vector': 'SELECT vector FROM chunks EXCEPT SELECT rowid FROM nearest_rowids',
      'searched vectors without chunk': 'SELECT rowid FROM nearest_rowids EXCEPT SELECT vector FROM chunks',
      'remembered vectors in use':
        'SELECT vector FROM vectors WHERE unreferenced_since IS NOT NULL INTERSECT SELECT vector FROM chunks',
      'forgotten vectors': `SELECT vector FROM vectors WHERE unreferenced_since IS NULL
        EXCEPT SELECT vector FROM chunks`,
      'wrong counts': `SELECT document FROM documents
        WHERE chunks <> (SELECT count(*) FROM chunks AS c WHERE c.document = documents.document)`,
      'rows of documents that are not live': `SELECT document FROM documents WHERE state <> 1 AND document IN
        (SELECT document FROM chunks UNION SELECT document FROM metadata UNION SELECT document FROM access)`,
    };
    for (const [name, sql] of Object.entries(strays)) expect([name, database.rows(sql)]).toEqual([name, []]);
  } finally {
    database.close();
  }
}
