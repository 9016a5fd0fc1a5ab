import { createHash } from 'node:crypto';
import { type Access, checkAccess } from './access.ts';
import { InvalidInput } from './errors.ts';
import { checkExpiry } from './expiry.ts';
import { parseVersion } from './version.ts';

/** A metadata value: a string ≤ 2,048 bytes, a finite number, a boolean, or a list of ≤ 100 such strings. */
export type MetadataValue = string | number | boolean | readonly string[];

/** ≤ 50 keys of 1 to 100 bytes. */
export type Metadata = Readonly<Record<string, MetadataValue>>;

/** The state of its source that a document was read from. */
export interface Origin {
  /** Opaque; another one where the source's state is another: while it is the same there is nothing to read. */
  readonly tag: string;
  /** Of an object in a versioned bucket. */
  readonly versionId?: string;
}

/** A document as its source hands it over. `content` is the bytes as received, or text. */
export interface Document {
  /** The caller's own id, unique in its tenant, 1 to 512 bytes of UTF-8. */
  readonly documentId: string;
  /** Absent: the stored version + 1, or the stored version where the state is equal. */
  readonly version?: bigint;
  /** Names where the document comes from; a document belongs to one source. */
  readonly source: string;
  readonly uri?: string;
  readonly title?: string;
  /** As claimed by the source; the content decides. */
  readonly mediaType?: string;
  readonly content: string | Uint8Array;
  readonly metadata?: Metadata;
  readonly access?: Access;
  /** ISO 8601 with its zone: from then on nobody reads it. @default never */
  readonly expiresAt?: string;
  /** Kept beside the document until another write changes it. */
  readonly origin?: Origin;
}

export const documentLimits = {
  documentIdBytes: 512,
  sourceBytes: 256,
  titleBytes: 2_048,
  uriBytes: 2_048,
  metadataKeys: 50,
  metadataKeyBytes: 100,
  metadataStringBytes: 2_048,
  metadataListItems: 100,
} as const;

/** SHA-256, hex, of the content's bytes as received (text: its UTF-8). */
export function contentHash(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

/**
 * Checks a document id of untrusted origin.
 * @throws {InvalidInput} when it is empty, longer than 512 bytes, or not well-formed Unicode
 */
export function checkDocumentId(documentId: unknown, field = 'documentId'): string {
  return checkString(documentId, field, documentLimits.documentIdBytes, 1);
}

/**
 * Checks everything about a document but its content.
 * @throws {InvalidInput} naming the field
 */
export function checkDocument(document: Omit<Document, 'content'>): void {
  checkDocumentId(document.documentId);
  checkString(document.source, 'source', documentLimits.sourceBytes, 1);
  if (document.title !== undefined) checkString(document.title, 'title', documentLimits.titleBytes);
  if (document.uri !== undefined) checkString(document.uri, 'uri', documentLimits.uriBytes);
  if (document.mediaType !== undefined) checkString(document.mediaType, 'mediaType', 256);
  if (document.version !== undefined) parseVersion(document.version);
  if (document.metadata !== undefined) checkMetadata(document.metadata);
  if (document.access !== undefined) checkAccess(document.access);
  if (document.expiresAt !== undefined) checkExpiry(document.expiresAt);
}

/**
 * Checks a metadata map of untrusted origin.
 * @throws {InvalidInput} naming the key
 */
export function checkMetadata(metadata: Metadata, field = 'metadata'): Metadata {
  if (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata)) {
    throw new InvalidInput(field, `Expected ${field} to be an object`);
  }
  const entries = Object.entries(metadata);
  if (entries.length > documentLimits.metadataKeys) {
    throw new InvalidInput(
      field,
      `Expected ${field} to have at most ${documentLimits.metadataKeys} keys, got ${entries.length}`,
    );
  }
  for (const [key, value] of entries) {
    checkString(
      key,
      `the key ${JSON.stringify(key.slice(0, 100))} of ${field}`,
      documentLimits.metadataKeyBytes,
      1,
    );
    checkMetadataValue(value, `${field}.${key}`);
  }
  return metadata;
}

function checkMetadataValue(value: unknown, field: string): void {
  if (typeof value === 'boolean') return;
  if (typeof value === 'number') {
    if (Number.isFinite(value)) return;
    throw new InvalidInput(field, `Expected ${field} to be a finite number, got ${value}`);
  }
  if (typeof value === 'string') {
    checkString(value, field, documentLimits.metadataStringBytes);
    return;
  }
  if (Array.isArray(value)) {
    if (value.length > documentLimits.metadataListItems) {
      throw new InvalidInput(
        field,
        `Expected ${field} to have at most ${documentLimits.metadataListItems} strings, got ${value.length}`,
      );
    }
    value.forEach((item, at) => {
      checkString(item, `${field}[${at}]`, documentLimits.metadataStringBytes);
    });
    return;
  }
  throw new InvalidInput(
    field,
    `Expected ${field} to be a string, a finite number, a boolean or a list of strings, got ${
      value === null ? 'null' : typeof value
    }`,
  );
}

function checkString(value: unknown, field: string, maxBytes: number, minBytes = 0): string {
  if (typeof value !== 'string')
    throw new InvalidInput(field, `Expected ${field} to be a string, got ${typeof value}`);
  const bytes = Buffer.byteLength(value);
  if (bytes < minBytes || bytes > maxBytes) {
    throw new InvalidInput(
      field,
      `Expected ${field} to be ${minBytes} to ${maxBytes} bytes of UTF-8, got ${bytes}`,
    );
  }
  // A lone surrogate would be stored as U+FFFD, so that two different values became one.
  if (!value.isWellFormed()) throw new InvalidInput(field, `Expected ${field} to be well-formed Unicode`);
  return value;
}
