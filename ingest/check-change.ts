import { type Access, checkAccess } from '../domain/access.ts';
import {
  checkDocument,
  checkDocumentId,
  checkMetadata,
  contentHash,
  type Document,
  type Metadata,
} from '../domain/document.ts';
import { type Change, type DocumentRecord, isLive, recordVersion } from '../domain/document-record.ts';
import { InvalidInput, NotFound, SourceConflict, VersionMismatch } from '../domain/errors.ts';
import { checkExpiry } from '../domain/expiry.ts';
import { parseVersion } from '../domain/version.ts';

/** One write, as a caller asks for it. */
export type RequestedChange =
  | { readonly operation: 'upsert'; readonly document: Document }
  | {
      readonly operation: 'patch';
      readonly documentId: string;
      /** Absent: the stored document's. */
      readonly source?: string;
      readonly version?: bigint;
      /** Title and address, both, where the content was not sent with them. Needs a version. */
      readonly label?: { readonly title?: string; readonly uri?: string };
      readonly metadata?: Metadata;
      readonly access?: Access;
      /** null: never. */
      readonly expiresAt?: string | null;
    }
  | {
      readonly operation: 'delete';
      readonly documentId: string;
      /** Absent: the stored document's. */
      readonly source?: string;
      readonly version?: bigint;
    };

/**
 * Checks all of a change but its content, and brings it into the form that versions are compared in.
 * @throws {InvalidInput} naming the field
 */
export function checkChange(requested: RequestedChange): Change {
  if (requested.operation === 'upsert') return checkUpsert(requested.document);
  const documentId = checkDocumentId(requested.documentId);
  const base = { documentId, source: requested.source ?? '', ...versionOf(requested.version) };
  if (requested.operation === 'delete') return { operation: 'delete', ...base };
  const { label, metadata, access, expiresAt } = requested;
  if (label !== undefined) checkDocument({ documentId, source: base.source, ...label });
  if (label === undefined && metadata === undefined && access === undefined && expiresAt === undefined) {
    throw new InvalidInput('metadata', 'Expected a patch to carry metadata, access or expiresAt');
  }
  return {
    operation: 'patch',
    ...base,
    ...(label !== undefined && { label }),
    ...(metadata !== undefined && { metadata: checkMetadata(metadata) }),
    ...(access !== undefined && { access: checkAccess(access) }),
    ...(expiresAt !== undefined && { expiresAt: expiresAt === null ? null : checkExpiry(expiresAt) }),
  };
}

function checkUpsert(document: Document): Change {
  checkDocument(document);
  const { documentId, source, title, uri, mediaType, metadata, access, expiresAt, content } = document;
  return {
    operation: 'upsert',
    documentId,
    source,
    ...versionOf(document.version),
    content: {
      contentHash: contentHash(content),
      bytes: Buffer.byteLength(content),
      ...(mediaType !== undefined && { mediaType }),
      ...(title !== undefined && { title }),
      ...(uri !== undefined && { uri }),
    },
    ...(metadata !== undefined && { metadata }),
    ...(access !== undefined && { access }),
    ...(expiresAt !== undefined && { expiresAt: checkExpiry(expiresAt) }),
  };
}

function versionOf(version: bigint | undefined): { version?: bigint } {
  return version === undefined ? {} : { version: parseVersion(version) };
}

/**
 * Holds a change against the source that owns the document. A change that names no source is an edit of what is stored:
 * without a version there must be a live document, and with one at least a record, so that a late older event finds it.
 * @throws {SourceConflict} {NotFound} {InvalidInput}
 */
export function checkOwner(
  stored: DocumentRecord | undefined,
  change: Pick<Change, 'operation' | 'documentId' | 'source' | 'version'>,
): void {
  const named = JSON.stringify(change.documentId);
  if (change.source !== '') {
    if (stored === undefined || stored.source === change.source) return;
    throw new SourceConflict(
      `Cannot write document ${named}: it belongs to source ${JSON.stringify(stored.source)}, got a change of source ${JSON.stringify(change.source)}`,
      stored.source,
    );
  }
  if (stored !== undefined && (change.version !== undefined || isLive(stored))) return;
  if (stored === undefined && change.version !== undefined) {
    throw new InvalidInput(
      'source',
      `Expected source with a version for document ${named}, which has not come yet`,
    );
  }
  throw new NotFound(`Cannot ${change.operation} document ${named}: there is no such document`);
}

/** @throws {VersionMismatch} when another version is stored than the caller expects; `null` expects no live document */
export function checkExpected(
  stored: DocumentRecord | undefined,
  documentId: string,
  ifVersion: bigint | null | undefined,
): void {
  if (ifVersion === undefined) return;
  const version = stored !== undefined && isLive(stored) ? recordVersion(stored) : undefined;
  if ((ifVersion ?? undefined) === version) return;
  const wanted = ifVersion === null ? 'none' : `version ${ifVersion}`;
  throw new VersionMismatch(
    `Cannot write document ${JSON.stringify(documentId)}: expected ${wanted} to be stored, found ${version === undefined ? 'none' : `version ${version}`}`,
    version,
  );
}
