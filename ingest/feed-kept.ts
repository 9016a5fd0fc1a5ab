import {
  type DocumentEvent,
  isKept,
  isObject,
  type KeptPart,
  type UpsertEvent,
} from '../domain/change-event.ts';
import type { Metadata, MetadataValue } from '../domain/document.ts';
import { type DocumentRecord, isLive } from '../domain/document-record.ts';
import type { Scope } from '../domain/scope.ts';
import type { DocumentStore } from '../search-engine/document-store.ts';
import { checkOwner } from './check-change.ts';
import type { LoadedObject, LoadObject } from './feed-object.ts';
import type { RequestedChange } from './ingest.ts';

/** An event keeps a value that is not stored. */
export class UnavailableValue extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UnavailableValue';
  }
}

/**
 * Turns an event into the change to apply: values that its source did not send are taken from what is stored, and an
 * object that it names is loaded.
 *
 * Kept content becomes a patch: content keeps the version at which it came, so that a late event with the text itself
 * still finds its place, and the title that came later stays above it.
 * @returns undefined where the event is stale
 * @throws {UnavailableValue} where there is nothing to keep
 * @throws {SourceConflict}
 */
export function createEventResolver(
  documents: DocumentStore,
  load: LoadObject,
): (scope: Scope, event: DocumentEvent) => Promise<RequestedChange | undefined> {
  return async (scope, event) => {
    if (event.operation !== 'upsert') return withoutPlace(event);
    const { content, keptMetadata = [], kept = [] } = event;
    const isWhole = !isKept(content) && keptMetadata.length === 0 && kept.length === 0;
    if (isWhole && !isObject(content)) return asUpsert(event, content);
    const record = (await documents.record(scope, event.documentId))?.record;
    // What another source has stored decides nothing about this event, and lends it nothing.
    checkOwner(record, event);
    if (isObject(content)) {
      // Nothing is loaded for what has lost already.
      if (record?.content !== undefined && record.content.version >= event.version) return undefined;
      const loaded = await load(content.object);
      if (content.object.isDeletedIfGone === true && !hasBytes(loaded)) return asDeletion(event);
      if (loaded === undefined) return undefined;
      const { content: bytes, ...described } = loaded;
      return asUpsert({ ...event, ...described }, bytes);
    }
    if (record?.content?.deleted === true && record.content.version >= event.version) return undefined;
    if (record === undefined || !isLive(record)) {
      throw new UnavailableValue(
        `Cannot keep a value of document ${JSON.stringify(event.documentId)}: there is no such document`,
      );
    }
    const whole = fillIn(event, record, kept, mergeKept(event, record, keptMetadata));
    if (!isKept(content)) return asUpsert(whole, content);
    const { title, uri, metadata, access } = whole;
    return {
      operation: 'patch',
      documentId: event.documentId,
      source: event.source,
      version: event.version,
      ...(!(kept.includes('title') && kept.includes('uri')) && {
        label: { ...(title !== undefined && { title }), ...(uri !== undefined && { uri }) },
      }),
      metadata: metadata ?? {},
      ...(!kept.includes('access') && { access: access ?? {} }),
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

/** The mark of an empty folder is no document either. */
function hasBytes(loaded: LoadedObject | undefined): boolean {
  return loaded !== undefined && loaded.content.length > 0;
}

function asDeletion({ documentId, source, version }: UpsertEvent): RequestedChange {
  return { operation: 'delete', documentId, source, version };
}

function asUpsert(event: UpsertEvent, content: string | Uint8Array): RequestedChange {
  const { documentId, version, source, uri, title, mediaType, metadata, access, expiresAt } = event;
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

/** The event with the parts that it keeps, as they are stored, and this metadata. */
function fillIn(
  event: UpsertEvent,
  record: DocumentRecord,
  kept: readonly KeptPart[],
  metadata: Metadata | undefined,
): UpsertEvent {
  const title = kept.includes('title') ? record.content!.claimed.title : event.title;
  const uri = kept.includes('uri') ? record.content!.uri : event.uri;
  const access = kept.includes('access') ? record.access?.value : event.access;
  const { title: _, uri: __, access: ___, metadata: ____, ...rest } = event;
  return {
    ...rest,
    ...(title !== undefined && { title }),
    ...(uri !== undefined && { uri }),
    ...(metadata !== undefined && { metadata }),
    ...(access !== undefined && { access }),
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
