import { isLive } from '../../domain/document-record.ts';
import { RevisionConflict } from '../../domain/errors.ts';
import type { Database } from './database.ts';
import { findRecord } from './read-documents.ts';

/**
 * Removes the record of a document that is not live, which has neither chunks nor parents.
 * @throws {RevisionConflict} when another revision is stored, or a live document
 */
export function forget(database: Database, documentId: string, expected: string): void {
  database.transaction(() => {
    const stored = findRecord(database, documentId);
    if (stored === undefined || stored.revision !== expected || isLive(stored.record)) {
      throw new RevisionConflict(
        `Cannot forget document ${JSON.stringify(documentId)}: it was changed since it was read`,
      );
    }
    database.run(
      'DELETE FROM records WHERE document IN (SELECT document FROM documents WHERE document_id = ?)',
      documentId,
    );
    database.run('DELETE FROM documents WHERE document_id = ?', documentId);
  });
}
