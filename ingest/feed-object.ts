import type { Access } from '../domain/access.ts';
import type { ObjectContent } from '../domain/change-event.ts';
import type { Metadata } from '../domain/document.ts';
import { BraidError, DocumentRefused, InvalidInput, ObjectStoreFailure } from '../domain/errors.ts';
import type { ObjectStore } from '../objects/object-store.ts';

/** What an event's object is when it is read. */
export interface LoadedObject {
  readonly content: Uint8Array;
  /** Where the store tells it. */
  readonly mediaType?: string;
  /** Where another object describes it. */
  readonly metadata?: Metadata;
  readonly access?: Access;
}

/** Reads the object that an event names; undefined where it is gone, which another event tells. */
export type LoadObject = (object: ObjectContent['object']) => Promise<LoadedObject | undefined>;

/** Where the objects are that events name. */
export interface FeedObjects {
  /** The store of a bucket that feeds may read; undefined for any other. */
  storeOf(bucket: string): Pick<ObjectStore, 'get'> | undefined;
  /** Ends the key of the object that holds another one's metadata and list of readers. */
  readonly metadataSuffix: string;
  readonly maxMetadataBytes: number;
  /** @throws {InvalidInput} */
  parseMetadata(text: string): Pick<LoadedObject, 'metadata' | 'access'>;
  /** False for the type that a store gives to an object of none. */
  tellsMediaType(mediaType: string | undefined): mediaType is string;
}

/** What stops the whole store and passes when someone mends it; the feed waits. */
const passingReasons: readonly string[] = [
  'unavailable',
  'changed',
  'no_credentials',
  'expired_credentials',
  'invalid_credentials',
];

/** True for a failure of the store that may be over later, without any change to the event. */
export function isPassingFailure(error: unknown): boolean {
  return error instanceof ObjectStoreFailure && passingReasons.includes(error.reason);
}

/**
 * Makes the loader of a feed's objects. What describes an object is read before it: a document is never taken in under
 * an older list of readers than its content's, and not at all where the list cannot be read.
 * @param maxBytes a larger object is refused, as any other document is, and not read further
 */
export function createLoadObject(objects: FeedObjects | undefined, maxBytes: number): LoadObject {
  return async ({ bucket, key, versionId, sizeBytes }) => {
    const address = `s3://${bucket}/${key}`;
    const store = objects?.storeOf(bucket);
    if (objects === undefined || store === undefined) {
      throw new BraidError(
        'unreadable_object',
        `Cannot load ${address}: bucket ${JSON.stringify(bucket)} is none that feeds may read, which feeds.buckets lists`,
      );
    }
    if (sizeBytes !== undefined && sizeBytes > maxBytes) throw tooLarge(address, sizeBytes, maxBytes);
    const { metadataSuffix, maxMetadataBytes } = objects;
    const described = await read(
      store,
      `${key}${metadataSuffix}`,
      `${address}${metadataSuffix}`,
      maxMetadataBytes,
    );
    const metadata =
      described && describe(objects, `${address}${metadataSuffix}`, described.content.toString('utf8'));
    const object = await read(store, key, address, maxBytes, versionId);
    if (object === undefined) return undefined;
    const { content, mediaType } = object;
    return { content, ...(objects.tellsMediaType(mediaType) && { mediaType }), ...metadata };
  };
}

async function read(
  store: Pick<ObjectStore, 'get'>,
  key: string,
  address: string,
  maxBytes: number,
  versionId?: string,
): Promise<{ readonly content: Buffer; readonly mediaType: string | undefined } | undefined> {
  const reading = await store.get(key, versionId === undefined ? {} : { versionId });
  if (reading === undefined) return undefined;
  const { info, body } = reading;
  const parts: Buffer[] = [];
  let bytes = 0;
  try {
    // Without a version the object may be a later, larger one than the event says.
    if (info.sizeBytes > maxBytes) throw tooLarge(address, info.sizeBytes, maxBytes);
    for await (const part of body) {
      const chunk = Buffer.from(part);
      bytes += chunk.length;
      if (bytes > maxBytes) throw tooLarge(address, bytes, maxBytes);
      parts.push(chunk);
    }
  } finally {
    body.destroy();
  }
  return { content: Buffer.concat(parts), mediaType: info.mediaType };
}

function describe(
  objects: FeedObjects,
  address: string,
  text: string,
): Pick<LoadedObject, 'metadata' | 'access'> {
  try {
    return objects.parseMetadata(text);
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    throw new DocumentRefused('invalid_document', `Cannot use ${address}: ${error.message}`, {
      cause: error,
    });
  }
}

function tooLarge(address: string, bytes: number, maxBytes: number): DocumentRefused {
  return new DocumentRefused(
    'too_large',
    `Cannot load ${address}: it has ${bytes} bytes, expected at most ${maxBytes}`,
  );
}
