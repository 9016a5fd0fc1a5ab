import { type DocumentRecord, isLive, recordVersion } from '../domain/document-record.ts';
import type { Scope } from '../domain/scope.ts';
import type { DocumentStore } from '../search-engine/document-store.ts';
import type { Collection } from '../sources/source.ts';
import type { RecipeOf } from './choose-chunker.ts';

/** What is stored of one collection before its source is listed. */
export interface KnownCollection extends Collection {
  readonly documents: ReadonlyMap<string, KnownDocument>;
}

export interface KnownDocument {
  readonly version: bigint;
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
