import { NotFound, VersionMismatch } from '../domain/errors.ts';
import type { WithheldRemoval } from '../domain/ingest.ts';
import type { Scope } from '../domain/scope.ts';
import type { Ingest } from './ingest.ts';
import type { KnownCollection } from './known-documents.ts';

export interface Removal {
  readonly removed: number;
  readonly withheld: readonly WithheldRemoval[];
}

/** What a listing named, and the places that it could not see. */
export interface Listed {
  has(documentId: string): boolean;
  isHidden(documentId: string): boolean;
}

/**
 * Deletes the documents of collections that a whole listing did not name. Where more than `maxMissingPercentage` of what
 * was known of a collection is missing, none of them is: a bucket that lost its objects, or a folder that was not
 * mounted, must not empty an index. A document that was written since it was known stays.
 */
export async function removeMissing(
  ingest: Ingest,
  scope: Scope,
  known: readonly KnownCollection[],
  listed: Listed,
  maxMissingPercentage: number,
  signal?: AbortSignal,
): Promise<Removal> {
  const withheld: WithheldRemoval[] = [];
  let removed = 0;
  for (const { documents, source, idPrefix } of known) {
    const missing = [...documents].filter(([id]) => !listed.has(id) && !listed.isHidden(id));
    if (missing.length * 100 > documents.size * maxMissingPercentage) {
      withheld.push({
        place: idPrefix,
        known: documents.size,
        missing: missing.length,
        maxMissingPercentage,
      });
      continue;
    }
    for (const [documentId, { version, isBegun }] of missing) {
      signal?.throwIfAborted();
      try {
        // At the version of its attachments a deletion wins; a mail that comes back gets a higher one.
        const deletion = { operation: 'delete', documentId, source, ...(isBegun && { version }) } as const;
        await ingest(scope, deletion, isBegun ? null : version, signal);
        removed += 1;
      } catch (error) {
        if (!(error instanceof VersionMismatch) && !(error instanceof NotFound)) throw error;
      }
    }
  }
  return { removed, withheld };
}
