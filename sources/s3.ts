import type { Readable } from 'node:stream';
import type { Document } from '../domain/document.ts';
import { BraidError, DocumentRefused, InvalidInput, ObjectStoreFailure } from '../domain/errors.ts';
import type { ObjectInfo, ObjectStore } from '../objects/object-store.ts';
import {
  maxMetadataBytes,
  metadataSuffix,
  type ObjectMetadata,
  parseObjectMetadata,
  tellsMediaType,
} from './object-metadata.ts';
import { type DescribedObject, pairMetadata } from './pair-metadata.ts';
import type { Source, SourceItem } from './source.ts';

export interface S3SourceOptions {
  /** Larger objects are refused unread. */
  readonly maxDocumentBytes: number;
  /** The objects of a bucket. @throws {InvalidInput} for what is no bucket's name */
  readonly openBucket: (bucket: string) => ObjectStore;
}

/** Reads of one object that changes while it is read. */
const maxReads = 3;

/**
 * The object at `s3://bucket/path` and all objects below `s3://bucket/path/`, in the order of their keys; a path with a
 * slash at its end is a folder only. A document's id and address are `s3://bucket/key`, its source `s3://bucket`; its
 * metadata and access list come from `<key>.metadata.json`. Marks of empty folders are no documents.
 * @throws {InvalidInput} for an address without a bucket
 */
export function createS3Source(address: string, { maxDocumentBytes, openBucket }: S3SourceOptions): Source {
  const [, bucket, path = ''] = /^s3:\/\/([^/]+)(?:\/(.*))?$/is.exec(address) ?? [];
  if (bucket === undefined) {
    throw new InvalidInput('path', `Expected s3://bucket or s3://bucket/path, got ${address}`);
  }
  const store = openBucket(bucket);
  const folder = path === '' || path.endsWith('/') ? path : `${path}/`;
  const itemOf = (described: DescribedObject): SourceItem =>
    createItem(store, bucket, described, maxDocumentBytes);

  return {
    collections: [{ source: `s3://${bucket}`, idPrefix: `s3://${bucket}/${folder}` }],
    async *items(signal) {
      const options = signal === undefined ? {} : { signal };
      if (path !== folder) {
        const object = await store.head(path, options);
        const metadata = object && (await store.head(`${path}${metadataSuffix}`, options));
        if (object !== undefined) yield itemOf({ object, ...(metadata && { metadata }) });
      }
      for await (const described of pairMetadata(store.list(folder, options))) {
        const { key, sizeBytes } = described.object;
        if (!(key.endsWith('/') && sizeBytes === 0)) yield itemOf(described);
      }
    },
  };
}

function createItem(
  store: ObjectStore,
  bucket: string,
  { object, metadata }: DescribedObject,
  maxBytes: number,
): SourceItem {
  const name = `s3://${bucket}/${object.key}`;
  return {
    name,
    documentId: name,
    tag: tagOf(object, metadata),
    load: (signal) => load(store, bucket, name, object, metadata, maxBytes, signal),
  };
}

async function load(
  store: ObjectStore,
  bucket: string,
  name: string,
  listed: ObjectInfo,
  listedMetadata: ObjectInfo | undefined,
  maxBytes: number,
  signal: AbortSignal | undefined,
): Promise<Document> {
  checkSize(name, listed, maxBytes);
  try {
    // The list of who may read comes first: a document is never taken in under an older one than its content's.
    const described = listedMetadata && (await readMetadata(store, listedMetadata.key, signal));
    const { info, content } = await readWhole(store, listed.key, name, maxBytes, signal);
    return {
      documentId: name,
      source: `s3://${bucket}`,
      uri: name,
      content,
      origin: {
        tag: tagOf(info, described?.info),
        ...(info.versionId !== undefined && { versionId: info.versionId }),
      },
      ...(tellsMediaType(info.mediaType) && { mediaType: info.mediaType }),
      ...(described !== undefined && {
        metadata: described.value.metadata,
        ...(described.value.access !== undefined && { access: described.value.access }),
      }),
    };
  } catch (error) {
    signal?.throwIfAborted();
    throw asRefusal(name, error);
  }
}

async function readMetadata(
  store: ObjectStore,
  key: string,
  signal: AbortSignal | undefined,
): Promise<{ readonly info: ObjectInfo; readonly value: ObjectMetadata }> {
  try {
    const { info, content } = await readWhole(store, key, key, maxMetadataBytes, signal);
    return { info, value: parseObjectMetadata(content.toString('utf8')) };
  } catch (error) {
    if (!(error instanceof BraidError) || error instanceof ObjectStoreFailure) throw error;
    throw new DocumentRefused('invalid_document', `Cannot use ${key}: ${error.message}`, { cause: error });
  }
}

/** Reads one state of an object; one that is replaced meanwhile is read again. */
async function readWhole(
  store: ObjectStore,
  key: string,
  name: string,
  maxBytes: number,
  signal: AbortSignal | undefined,
): Promise<{ readonly info: ObjectInfo; readonly content: Buffer }> {
  for (let reads = 1; ; reads += 1) {
    const reading = await store.get(key, signal && { signal });
    if (reading === undefined) {
      throw new DocumentRefused('unreadable', `Cannot read ${name}: it was removed since it was listed`);
    }
    const { info, body } = reading;
    try {
      checkSize(name, info, maxBytes);
      return { info, content: await collect(body, info.sizeBytes) };
    } catch (error) {
      const isChanged = error instanceof ObjectStoreFailure && ['changed', 'corrupt'].includes(error.reason);
      if (!isChanged || reads === maxReads) throw error;
    } finally {
      body.destroy();
    }
  }
}

/** Into one buffer of the known size, so that a large object is held once. */
async function collect(body: Readable, sizeBytes: number): Promise<Buffer> {
  const content = Buffer.allocUnsafeSlow(sizeBytes);
  let at = 0;
  for await (const piece of body) {
    content.set(piece, at);
    at += piece.length;
  }
  return content.subarray(0, at);
}

function checkSize(name: string, { sizeBytes }: ObjectInfo, maxBytes: number): void {
  if (sizeBytes === 0) throw new DocumentRefused('empty', `Cannot index ${name}: it has no bytes`);
  if (sizeBytes <= maxBytes) return;
  throw new DocumentRefused(
    'too_large',
    `Cannot read ${name}: it has ${sizeBytes} bytes, expected at most ${maxBytes}`,
  );
}

/** What is the same in a listing and in a reply. The time tells where only the media type was changed. */
function tagOf(object: ObjectInfo, metadata: ObjectInfo | undefined): string {
  return [object, metadata]
    .flatMap((info) => (info === undefined ? [] : [info]))
    .map(
      ({ eTag, sizeBytes, lastModified }) =>
        `${eTag} ${sizeBytes} ${Math.floor(lastModified.getTime() / 1000)}`,
    )
    .join(' | ');
}

/** What concerns one object only; credentials, Region, bucket and an S3 that is away end the run. */
function asRefusal(name: string, error: unknown): unknown {
  if (!(error instanceof ObjectStoreFailure)) return error;
  const isOwn = ['access_denied', 'archived', 'changed', 'corrupt', 'rejected'].includes(error.reason);
  if (!isOwn) return error;
  return new DocumentRefused('unreadable', `Cannot read ${name}: ${error.message}`, { cause: error });
}
