import { type DocumentRecord, isLive, recordVersion } from '../domain/document-record.ts';
import type { Scope } from '../domain/scope.ts';
import type { DocumentStore } from '../search-engine/document-store.ts';
import type { Collection } from '../sources/source.ts';
import { attachmentSource, maxAttachmentDepth } from './attachments.ts';
import type { RecipeOf } from './choose-chunker.ts';

/** What is stored of one collection before its source is listed. */
export interface KnownCollection extends Collection {
  readonly documents: ReadonlyMap<string, KnownDocument>;
}

export interface KnownDocument {
  readonly version: bigint;
  /** True for a mail that was not stored, since its ingest died, while some of its attachments were at this version. */
  readonly isBegun?: boolean;
  /** Of the state that it was read from, where its chunks are as this configuration makes them. */
  readonly tag?: string;
}

const pageSize = 1_000;

/**
 * Reads which documents of a collection there are: an id and a tag each, so that a million take some hundred megabytes.
 * @throws {EngineUnavailable}
 */
export async function readKnown(
  documents: DocumentStore,
  scope: Scope,
  collection: Collection,
  recipeOf: RecipeOf,
): Promise<KnownCollection> {
  const { source, idPrefix, uriPrefix = '' } = collection;
  await documents.refresh(scope);
  const known = new Map<string, KnownDocument>();
  // Lists are ordered by the bytes of the ids: those with the prefix stand together, after the prefix itself.
  for (let after: string | undefined = idPrefix; after !== undefined; ) {
    const page: { records: DocumentRecord[]; next?: string } = await documents.list(scope, {
      after,
      limit: pageSize,
      deleted: false,
    });
    after = page.next;
    for (const record of page.records) {
      if (!record.documentId.startsWith(idPrefix)) return { ...collection, documents: known };
      const mail = await begunMailOf(documents, scope, record, known);
      if (mail?.source === source) {
        const held = known.get(mail.documentId)?.version ?? 0n;
        const version = recordVersion(record);
        known.set(mail.documentId, { version: version > held ? version : held, isBegun: true });
      }
      if (record.source !== source || !isLive(record)) continue;
      if (!(record.content?.uri ?? '').startsWith(uriPrefix)) continue;
      const recipe = recipeOf({ source, mediaType: record.content?.mediaType ?? '' });
      known.set(record.documentId, {
        version: recordVersion(record),
        ...(record.origin !== undefined && record.recipe === recipe && { tag: record.origin.tag }),
      });
    }
  }
  return { ...collection, documents: known };
}

/** The outermost mail of an attachment that is live while the mail itself is not. */
async function begunMailOf(
  documents: DocumentStore,
  scope: Scope,
  attachment: DocumentRecord,
  known: ReadonlyMap<string, KnownDocument>,
): Promise<DocumentRecord | undefined> {
  let outer = attachment;
  for (let depth = 0; depth < maxAttachmentDepth; depth++) {
    // The name of an attachment has no slash.
    const mailId = outer.documentId.slice(0, outer.documentId.lastIndexOf('/'));
    if (outer.source !== attachmentSource(mailId)) break;
    if (known.has(mailId) && !known.get(mailId)!.isBegun) return undefined;
    const stored = (await documents.record(scope, mailId))?.record;
    if (stored === undefined || isLive(stored)) return undefined;
    outer = stored;
  }
  return outer === attachment ? undefined : outer;
}
