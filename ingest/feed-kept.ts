import { type DocumentEvent, isKept, type UpsertEvent } from '../domain/change-event.ts';
import type { Metadata, MetadataValue } from '../domain/document.ts';
import { type DocumentRecord, isLive } from '../domain/document-record.ts';
import type { Scope } from '../domain/scope.ts';
import type { DocumentStore } from '../search-engine/document-store.ts';
import type { RequestedChange } from './ingest.ts';

/** An event keeps a value that is not stored. */
export class UnavailableValue extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UnavailableValue';
  }
}

/**
 * Turns an event into the change to apply, with the values that its source did not send taken from what is stored.
 *
 * Kept content becomes a patch: content keeps the version at which it came, so that a late event with the text itself
 * still finds its place. @returns undefined where the event is stale
 * @throws {UnavailableValue} where there is nothing to keep
 */
export function createKeptResolver(
  documents: DocumentStore,
): (scope: Scope, event: DocumentEvent) => Promise<RequestedChange | undefined> {
  return async (scope, event) => {
    if (event.operation !== 'upsert') return withoutPlace(event);
    const { content, keptMetadata = [] } = event;
    if (!isKept(content) && keptMetadata.length === 0) return asUpsert(event, content, event.metadata);
    const record = (await documents.record(scope, event.documentId))?.record;
    if (record?.content?.deleted === true && record.content.version >= event.version) return undefined;
    if (record === undefined || !isLive(record)) {
      throw new UnavailableValue(
        `Cannot keep a value of document ${JSON.stringify(event.documentId)}: there is no such document`,
      );
    }
    const metadata = mergeKept(event, record, keptMetadata);
    if (!isKept(content)) return asUpsert(event, content, metadata);
    checkShown(event, record);
    return {
      operation: 'patch',
      documentId: event.documentId,
      source: event.source,
      version: event.version,
      metadata: metadata ?? {},
      access: event.access ?? {},
      expiresAt: event.expiresAt ?? null,
    };
  };
}

function withoutPlace(event: Exclude<DocumentEvent, UpsertEvent>): RequestedChange {
  const { documentId, source, version } = event;
  if (event.operation === 'delete') return { operation: 'delete', documentId, source, version };
  const { metadata, access, expiresAt } = event;
  return {
    operation: 'patch',
    documentId,
    source,
    version,
    ...(metadata !== undefined && { metadata }),
    ...(access !== undefined && { access }),
    ...(expiresAt !== undefined && { expiresAt }),
  };
}

function asUpsert(
  event: UpsertEvent,
  content: string | Uint8Array,
  metadata: Metadata | undefined,
): RequestedChange {
  const { documentId, version, source, uri, title, mediaType, access, expiresAt } = event;
  return {
    operation: 'upsert',
    document: {
      documentId,
      version,
      source,
      content,
      ...(uri !== undefined && { uri }),
      ...(title !== undefined && { title }),
      ...(mediaType !== undefined && { mediaType }),
      ...(metadata !== undefined && { metadata }),
      ...(access !== undefined && { access }),
      ...(expiresAt !== undefined && { expiresAt }),
    },
  };
}

function mergeKept(
  event: UpsertEvent,
  record: DocumentRecord,
  keys: readonly string[],
): Metadata | undefined {
  const stored = record.metadata?.value ?? {};
  // A later event has decided the map; what this one would make of it does not matter.
  const isDecided = record.metadata !== undefined && record.metadata.version > event.version;
  const kept: [string, MetadataValue][] = [];
  for (const key of keys) {
    const value = Object.hasOwn(stored, key) ? stored[key] : undefined;
    if (value !== undefined) kept.push([key, value]);
    else if (!isDecided) {
      throw new UnavailableValue(
        `Cannot keep metadata ${JSON.stringify(key)} of document ${JSON.stringify(event.documentId)}: none is stored`,
      );
    }
  }
  return kept.length === 0 ? event.metadata : { ...event.metadata, ...Object.fromEntries(kept) };
}

/** Title and address belong to the content, and cannot change where the text is not sent. */
function checkShown(event: UpsertEvent, record: DocumentRecord): void {
  const content = record.content!;
  if (content.version > event.version) return;
  if (content.claimed.title === event.title && content.uri === event.uri) return;
  throw new UnavailableValue(
    `Cannot keep the content of document ${JSON.stringify(event.documentId)}: its title or address changes with it, which needs the text`,
  );
}
