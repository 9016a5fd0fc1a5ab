import { type Access, checkAccess } from './access.ts';
import { checkDocument, checkDocumentId, checkMetadata, type Metadata } from './document.ts';
import { InvalidInput } from './errors.ts';
import { checkExpiry } from './expiry.ts';
import { checkTenantId } from './tenant.ts';
import { parseVersion } from './version.ts';

/** Content that the source says is unchanged but does not send: what is stored stays. */
export interface KeptContent {
  readonly keep: true;
}

/** Content that stands in a store of objects, and is read from it when the event is applied. */
export interface ObjectContent {
  readonly object: {
    readonly bucket: string;
    readonly key: string;
    /** Of a versioned bucket: this very version. */
    readonly versionId?: string;
    /** As the event says. */
    readonly sizeBytes?: number;
    /** Where there is no such object, the document is deleted. @default false: another event tells of that */
    readonly isDeletedIfGone?: boolean;
  };
}

/** Parts of a document other than text and metadata that a source may leave unsent. */
export type KeptPart = 'title' | 'uri' | 'access';

interface EventBase {
  /** Absent: the feed's own tenant. */
  readonly tenantId?: string;
  readonly source: string;
  /** Decides between the events of one document, whatever order they arrive in. */
  readonly version: bigint;
  /** Where the event stands in its feed, in the source's own words. */
  readonly position?: string;
  /** When the source made the change; ISO 8601. Tells lag, decides nothing. */
  readonly occurredAt?: string;
  /** The log that the version is a place in, where the source tells it. Places in two logs never compare. */
  readonly log?: EventLog;
}

export interface EventLog {
  /** At the head of the version. */
  readonly epoch: number;
  readonly name: string;
}

export interface UpsertEvent extends EventBase {
  readonly operation: 'upsert';
  readonly documentId: string;
  readonly content: string | Uint8Array | KeptContent | ObjectContent;
  readonly mediaType?: string;
  readonly title?: string;
  readonly uri?: string;
  readonly metadata?: Metadata;
  /** Keys that the source says are unchanged but does not send: their stored values stay. */
  readonly keptMetadata?: readonly string[];
  /** The same for other parts. */
  readonly kept?: readonly KeptPart[];
  readonly access?: Access;
  /** ISO 8601 with its zone. @default never */
  readonly expiresAt?: string;
}

export interface PatchEvent extends EventBase {
  readonly operation: 'patch';
  readonly documentId: string;
  readonly metadata?: Metadata;
  readonly access?: Access;
  /** null: never. */
  readonly expiresAt?: string | null;
}

export interface DeleteEvent extends EventBase {
  readonly operation: 'delete';
  readonly documentId: string;
}

/** Everything of the source at or below the version is gone, and what comes later at or below it is stale. */
export interface TruncateEvent extends EventBase {
  readonly operation: 'truncate';
}

/** The one envelope that each feed's format is turned into. */
export type ChangeEvent = UpsertEvent | PatchEvent | DeleteEvent | TruncateEvent;

/** An event of one document. */
export type DocumentEvent = Exclude<ChangeEvent, TruncateEvent>;

/** What a reader makes of one raw event. A raw event may give several (a changed key: a deletion and a creation). */
export type FeedReading =
  | { readonly kind: 'event'; readonly event: ChangeEvent }
  /** Nothing about a document: heartbeats, schema changes, transaction markers, test events. */
  | { readonly kind: 'ignored'; readonly what: string; readonly position?: string }
  /** What cannot be read; it becomes a dead letter. */
  | {
      readonly kind: 'refused';
      readonly reason: DeadLetterReason;
      readonly message: string;
      readonly position?: string;
    };

/** Turns one raw event (a line of a file, a part of a request's body) into readings, in order. Pure; never throws. */
export type FeedReader = (raw: string) => readonly FeedReading[];

/** Makes a reader from a parsed mapping (absent where the format needs none). @throws {InvalidInput} */
export type FeedReaderMaker = (mapping?: unknown) => FeedReader;

/** Why an event became a dead letter; the values are stable. */
export type DeadLetterReason =
  /** No JSON, or cut off. */
  | 'malformed'
  /** JSON, but not an event of the format: a missing id, a version that is none. */
  | 'invalid_event'
  /** The mapping does not fit the event: a column that is not there. */
  | 'mapping'
  /** The event is of another tenant than the feed's. */
  | 'wrong_tenant'
  /** The document belongs to another source. */
  | 'source_conflict'
  /** The event keeps a value that is not stored. */
  | 'unavailable_value'
  /** The object that the event names cannot be read: denied, archived, of a bucket that the feed may not read. */
  | 'unreadable_object'
  /** The document cannot be parsed or chunked: too large, damaged, without text. */
  | 'refused_document'
  /** The engine refuses to store it; the same write would be refused again. */
  | 'engine_rejection'
  /** Unexpected; the log tells more. */
  | 'internal';

/** True for content that stays as it is stored. */
export function isKept(content: UpsertEvent['content']): content is KeptContent {
  return typeof content === 'object' && !(content instanceof Uint8Array) && 'keep' in content;
}

/** True for content that has to be read from a store of objects. */
export function isObject(content: UpsertEvent['content']): content is ObjectContent {
  return typeof content === 'object' && !(content instanceof Uint8Array) && 'object' in content;
}

const fieldNames: Readonly<Record<ChangeEvent['operation'], readonly string[]>> = {
  upsert: [
    ...[
      'documentId',
      'content',
      'mediaType',
      'title',
      'uri',
      'metadata',
      'keptMetadata',
      'kept',
      'access',
      'expiresAt',
    ],
    ...['operation', 'tenantId', 'source', 'version', 'position', 'occurredAt'],
  ],
  patch: [
    ...['documentId', 'metadata', 'access', 'expiresAt'],
    ...['operation', 'tenantId', 'source', 'version', 'position', 'occurredAt'],
  ],
  delete: ['documentId', 'operation', 'tenantId', 'source', 'version', 'position', 'occurredAt'],
  truncate: ['operation', 'tenantId', 'source', 'version', 'position', 'occurredAt'],
};

const maxPositionBytes = 1_024;

/**
 * Reads the envelope from its JSON form, already parsed: `content` is text, `{ base64 }` or `{ keep: true }`, and
 * `version` a decimal string (a number only up to 2^53 − 1, since above it digits are lost).
 * @throws {InvalidInput} naming the field
 */
export function parseChangeEvent(value: unknown): ChangeEvent {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InvalidInput('event', 'Expected a change event to be a JSON object');
  }
  const given = value as Readonly<Record<string, unknown>>;
  const operation = given.operation;
  if (!isOperation(operation)) {
    throw new InvalidInput(
      'operation',
      `Expected operation to be upsert, patch, delete or truncate, got ${JSON.stringify(operation)?.slice(0, 100)}`,
    );
  }
  for (const [name, field] of Object.entries(given)) {
    if (field !== undefined && field !== null && !fieldNames[operation].includes(name)) {
      throw new InvalidInput(
        name,
        `Unexpected field ${JSON.stringify(name.slice(0, 100))} in a change event of operation ${operation}`,
      );
    }
  }
  const content = given.content;
  const event: Record<string, unknown> = { operation };
  for (const name of fieldNames[operation]) {
    if (given[name] !== undefined && given[name] !== null) event[name] = given[name];
  }
  if (operation === 'patch' && given.expiresAt === null) event.expiresAt = null;
  event.version = parseVersion(given.version);
  if (operation === 'upsert') event.content = parseContent(content);
  return checkChangeEvent(event as object as ChangeEvent);
}

/**
 * Checks everything about an event but the bytes of its content.
 * @throws {InvalidInput} naming the field
 */
export function checkChangeEvent(event: ChangeEvent): ChangeEvent {
  if (event.tenantId !== undefined) checkTenantId(event.tenantId);
  parseVersion(event.version);
  checkText(event.position, 'position', maxPositionBytes);
  checkText(event.occurredAt, 'occurredAt', 64);
  if (event.occurredAt !== undefined && Number.isNaN(Date.parse(event.occurredAt))) {
    throw new InvalidInput('occurredAt', 'Expected occurredAt to be a time in ISO 8601');
  }
  if (event.operation === 'truncate') {
    checkDocument({ documentId: 'any', source: event.source });
    return event;
  }
  checkDocumentId(event.documentId);
  if (event.operation === 'upsert') {
    const { content: _, ...document } = event;
    checkDocument(document);
    checkKeptMetadata(event.keptMetadata);
    checkKept(event);
    return event;
  }
  checkDocument({ documentId: event.documentId, source: event.source });
  if (event.operation === 'patch') {
    if (event.metadata === undefined && event.access === undefined && event.expiresAt === undefined) {
      throw new InvalidInput('metadata', 'Expected a patch to carry metadata, access or expiresAt');
    }
    if (event.metadata !== undefined) checkMetadata(event.metadata);
    if (event.access !== undefined) checkAccess(event.access);
    if (typeof event.expiresAt === 'string') checkExpiry(event.expiresAt);
  }
  return event;
}

/** The envelope's JSON form: versions as decimal strings, bytes as base64. */
export function changeEventToJson(event: ChangeEvent): Readonly<Record<string, unknown>> {
  const json: Record<string, unknown> = { ...event, version: event.version.toString() };
  if (event.operation === 'upsert' && event.content instanceof Uint8Array) {
    json.content = { base64: Buffer.from(event.content).toString('base64') };
  }
  return json;
}

function isOperation(value: unknown): value is ChangeEvent['operation'] {
  return typeof value === 'string' && Object.hasOwn(fieldNames, value);
}

function parseContent(content: unknown): UpsertEvent['content'] {
  if (typeof content === 'string') {
    if (content.isWellFormed()) return content;
    throw new InvalidInput('content', 'Expected content to be well-formed Unicode');
  }
  if (typeof content === 'object' && content !== null && Object.keys(content).length === 1) {
    const form = content as Readonly<Record<string, unknown>>;
    if (form.keep === true) return { keep: true };
    const bytes = typeof form.base64 === 'string' ? decodeBase64(form.base64) : undefined;
    if (bytes !== undefined) return bytes;
  }
  throw new InvalidInput(
    'content',
    `Expected content to be a text, { "base64": "…" } or { "keep": true }, got ${content === undefined ? 'none' : typeof content}`,
  );
}

/** `Buffer.from` skips what is no base64, so that a damaged text would become other bytes: the length tells. */
function decodeBase64(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, 'base64');
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  return text.length % 4 === 0 && bytes.length === (text.length / 4) * 3 - padding ? bytes : undefined;
}

function checkKeptMetadata(keys: readonly string[] | undefined): void {
  if (keys === undefined) return;
  if (!Array.isArray(keys) || keys.some((key) => typeof key !== 'string')) {
    throw new InvalidInput('keptMetadata', 'Expected keptMetadata to be a list of keys');
  }
  // The limits are those of the map that the keys end up in.
  checkMetadata(Object.fromEntries(keys.map((key) => [key, true])), 'keptMetadata');
}

const keptParts: readonly KeptPart[] = ['title', 'uri', 'access'];

function checkKept({ kept, ...event }: UpsertEvent): void {
  if (kept === undefined) return;
  if (!Array.isArray(kept) || kept.some((part) => !keptParts.includes(part))) {
    throw new InvalidInput('kept', `Expected kept to be a list of ${keptParts.join(', ')}`);
  }
  const both = kept.find((part: KeptPart) => event[part] !== undefined);
  if (both === undefined) return;
  throw new InvalidInput('kept', `Expected either ${both} or its name in kept, got both`);
}

function checkText(value: unknown, field: string, maxBytes: number): void {
  if (value === undefined) return;
  if (typeof value !== 'string' || Buffer.byteLength(value) > maxBytes) {
    throw new InvalidInput(field, `Expected ${field} to be a text of at most ${maxBytes} bytes`);
  }
}
