import type { ObjectContent } from '../domain/change-event.ts';
import { BraidError, DocumentRefused, ObjectStoreFailure } from '../domain/errors.ts';
import type { ObjectStore } from '../objects/object-store.ts';

/** Reads the object that an event names; undefined where it is gone, which another event tells. */
export type LoadObject = (object: ObjectContent['object']) => Promise<Uint8Array | undefined>;

/** The store of a bucket that feeds may read; undefined for any other. */
export type BucketStores = (bucket: string) => Pick<ObjectStore, 'get'> | undefined;

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
 * Makes the loader of a feed's objects.
 * @param maxBytes a larger object is refused, as any other document is, and not read further
 */
export function createLoadObject(storeOf: BucketStores | undefined, maxBytes: number): LoadObject {
  return async ({ bucket, key, versionId, sizeBytes }) => {
    const address = `s3://${bucket}/${key}`;
    const store = storeOf?.(bucket);
    if (store === undefined) {
      throw new BraidError(
        'unreadable_object',
        `Cannot load ${address}: bucket ${JSON.stringify(bucket)} is none that feeds may read, which feeds.buckets lists`,
      );
    }
    if (sizeBytes !== undefined && sizeBytes > maxBytes) throw tooLarge(address, sizeBytes, maxBytes);
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
    return Buffer.concat(parts);
  };
}

function tooLarge(address: string, bytes: number, maxBytes: number): DocumentRefused {
  return new DocumentRefused(
    'too_large',
    `Cannot load ${address}: it has ${bytes} bytes, expected at most ${maxBytes}`,
  );
}
