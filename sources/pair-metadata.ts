import { ObjectStoreFailure } from '../domain/errors.ts';
import type { ObjectInfo } from '../objects/object-store.ts';
import { metadataSuffix } from './object-metadata.ts';

/** An object and, where there is one, the object with its metadata. */
export interface DescribedObject {
  readonly object: ObjectInfo;
  readonly metadata?: ObjectInfo;
}

/**
 * Joins each object of a listing, which is ordered by the bytes of the keys, with its metadata file. An object waits
 * only until the listing has passed the place where its metadata file would stand. Metadata files themselves are left
 * out, also those of objects that are not there.
 * @throws {ObjectStoreFailure} for a listing in another order, in which an object would lose its list of readers
 */
export async function* pairMetadata(listing: AsyncIterable<ObjectInfo>): AsyncGenerator<DescribedObject> {
  const waiting = new Map<
    string,
    { readonly object: ObjectInfo; readonly end: Buffer; metadata?: ObjectInfo }
  >();
  let before: Buffer | undefined;
  for await (const info of listing) {
    const key = Buffer.from(info.key);
    if (before !== undefined && Buffer.compare(before, key) >= 0) {
      throw new ObjectStoreFailure(
        'rejected',
        `Cannot use the listing: expected keys in the order of their bytes, got ${JSON.stringify(info.key)} after ${JSON.stringify(before.toString())}; directory buckets of S3 Express One Zone are not supported`,
      );
    }
    before = key;
    for (const [name, { end, ...found }] of waiting) {
      if (Buffer.compare(end, key) >= 0) continue;
      yield found;
      waiting.delete(name);
    }
    if (info.key.endsWith(metadataSuffix)) {
      const described = waiting.get(info.key.slice(0, -metadataSuffix.length));
      if (described !== undefined) described.metadata = info;
    } else {
      waiting.set(info.key, { object: info, end: Buffer.from(`${info.key}${metadataSuffix}`) });
    }
  }
  for (const { end: _, ...found } of waiting.values()) yield found;
}
