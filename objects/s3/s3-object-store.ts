import { Readable } from 'node:stream';
import {
  DeleteObjectsCommand,
  GetObjectCommand,
  type GetObjectCommandOutput,
  HeadObjectCommand,
  ListObjectsV2Command,
  type S3Client,
} from '@aws-sdk/client-s3';
import { InvalidInput, ObjectStoreFailure } from '../../domain/errors.ts';
import type { GetOptions, ObjectInfo, ObjectReading, ObjectStore } from '../object-store.ts';
import { failureOf, isMissing } from './failure.ts';
import { readResumably } from './read-resumably.ts';
import type { S3Options } from './s3-options.ts';
import { upload } from './upload.ts';

/** Where in S3 a store keeps its objects; keys are below the prefix. */
export interface S3Location {
  readonly bucket: string;
  /** Empty or with a slash at its end. */
  readonly prefix: string;
}

const maxKeysPerRemoval = 1_000;

/** Keeps objects in one bucket of S3. */
export function createS3ObjectStore(
  client: S3Client,
  { bucket: Bucket, prefix }: S3Location,
  options: S3Options,
): ObjectStore {
  const addressOf = (key: string) => `s3://${Bucket}/${prefix}${key}`;
  const place = (key: string) => ({ Bucket, Key: `${prefix}${checkKey(key)}` });

  return {
    location: `s3://${Bucket}/${prefix}`,

    async head(key, { versionId, signal } = {}) {
      const object = { ...place(key), ...(versionId !== undefined && { VersionId: versionId }) };
      try {
        const found = await client.send(new HeadObjectCommand(object), abortBy(signal));
        return infoOf(key, found, found.ContentLength ?? 0);
      } catch (error) {
        signal?.throwIfAborted();
        if (isMissing(error)) return undefined;
        // The reply to a HEAD has no body that says what is wrong: one byte of the object does.
        const reason: unknown = await client
          .send(new GetObjectCommand({ ...object, Range: 'bytes=0-0' }), abortBy(signal))
          .then(({ Body }) => {
            if (Body instanceof Readable) Body.destroy();
            return error;
          })
          .catch((told: unknown) => told);
        throw failureOf(reason, `read ${addressOf(key)}`);
      }
    },

    async get(key, given = {}) {
      const { signal } = given;
      const request = (range: string | undefined, ifMatch?: string): Promise<GetObjectCommandOutput> =>
        client.send(
          new GetObjectCommand({
            ...place(key),
            ...(given.versionId !== undefined && { VersionId: given.versionId }),
            ...(range !== undefined && { Range: range }),
            ...(ifMatch !== undefined && { IfMatch: ifMatch }),
          }),
          abortBy(signal),
        );
      try {
        return await read(key, request, given, options);
      } catch (error) {
        signal?.throwIfAborted();
        if (isMissing(error)) return undefined;
        throw failureOf(error, `read ${addressOf(key)}`);
      }
    },

    async put(key, content, { mediaType, signal } = {}) {
      try {
        return await upload(client, place(key), content, {
          ...(mediaType !== undefined && { mediaType }),
          ...(options.kmsKeyId !== undefined && { kmsKeyId: options.kmsKeyId }),
          ...(signal !== undefined && { signal }),
        });
      } catch (error) {
        signal?.throwIfAborted();
        throw failureOf(error, `write ${addressOf(key)}`);
      }
    },

    async *list(start, { signal } = {}) {
      let token: string | undefined;
      do {
        const page = await client
          .send(
            new ListObjectsV2Command({
              Bucket,
              Prefix: `${prefix}${start}`,
              // Else a key with a control character makes the reply no XML.
              EncodingType: 'url',
              ...(token !== undefined && { ContinuationToken: token }),
            }),
            abortBy(signal),
          )
          .catch((error: unknown) => {
            signal?.throwIfAborted();
            throw failureOf(error, `list ${addressOf(start)}`);
          });
        for (const found of page.Contents ?? []) {
          const key = page.EncodingType === 'url' ? decodeKey(found.Key!) : found.Key!;
          yield infoOf(key.slice(prefix.length), found, found.Size ?? 0);
        }
        const next = page.IsTruncated === true ? page.NextContinuationToken : undefined;
        // An end that is none would make everything after it look as if it were gone.
        if (page.IsTruncated === true && (next === undefined || next === token)) {
          throw new ObjectStoreFailure(
            'rejected',
            `Cannot list ${addressOf(start)}: a page says that more follows and not where`,
          );
        }
        token = next;
      } while (token !== undefined);
    },

    async remove(keys, { signal } = {}) {
      for (let at = 0; at < keys.length; at += maxKeysPerRemoval) {
        const Objects = keys.slice(at, at + maxKeysPerRemoval).map((key) => ({ Key: place(key).Key }));
        const command = new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } });
        try {
          const { Errors = [] } = await client.send(command, abortBy(signal));
          const failed = Errors.find(({ Code }) => Code !== 'NoSuchKey');
          if (failed !== undefined) {
            throw Object.assign(new Error(failed.Message ?? ''), { name: failed.Code ?? 'Error' });
          }
        } catch (error) {
          signal?.throwIfAborted();
          throw failureOf(error, `remove objects of s3://${Bucket}/${prefix}`);
        }
      }
    },
  };
}

/** Asks once, so that what is wrong is known before a byte is read; the body then goes on by itself. */
async function read(
  key: string,
  request: (range: string | undefined, ifMatch?: string) => Promise<GetObjectCommandOutput>,
  { range, signal }: GetOptions,
  { timeoutMs, maxAttempts }: S3Options,
): Promise<ObjectReading | undefined> {
  if (range !== undefined && range.end <= range.start) {
    throw new InvalidInput('range', `Expected range.end above ${range.start}, got ${range.end}`);
  }
  const first = await request(range && `bytes=${range.start}-${range.end - 1}`);
  const total = Number(/\/(\d+)$/.exec(first.ContentRange ?? '')?.[1] ?? first.ContentLength ?? 0);
  const start = range?.start ?? 0;
  const end = Math.min(range?.end ?? total, total);
  const eTag = first.ETag;
  if (eTag === undefined)
    throw new ObjectStoreFailure('rejected', `Cannot read ${key}: the reply has no ETag`);
  const body = readResumably(first, {
    start,
    end,
    timeoutMs,
    maxAttempts,
    resume: (at) => request(`bytes=${at}-${end - 1}`, eTag),
    failure: (error) => failureOf(error, `read ${key} to its end`),
    ...(signal !== undefined && { signal }),
  });
  return { info: infoOf(key, first, total), body };
}

interface FoundObject {
  readonly ETag?: string | undefined;
  readonly LastModified?: Date | undefined;
  readonly VersionId?: string | undefined;
  readonly ContentType?: string | undefined;
}

function infoOf(key: string, found: FoundObject, sizeBytes: number): ObjectInfo {
  const { ETag = '', LastModified = new Date(0), VersionId, ContentType } = found;
  return {
    key,
    sizeBytes,
    eTag: ETag.replaceAll('"', ''),
    lastModified: LastModified,
    // A bucket that was never versioned says "null" or nothing.
    ...(VersionId !== undefined && VersionId !== 'null' && { versionId: VersionId }),
    ...(ContentType !== undefined && { mediaType: ContentType }),
  };
}

function abortBy(signal: AbortSignal | undefined): { abortSignal?: AbortSignal } {
  return signal === undefined ? {} : { abortSignal: signal };
}

function decodeKey(key: string): string {
  return decodeURIComponent(key.replaceAll('+', ' '));
}

function checkKey(key: string): string {
  const bytes = Buffer.byteLength(key);
  if (bytes < 1 || bytes > 1_024 || !key.isWellFormed()) {
    throw new InvalidInput('key', `Expected key to be 1 to 1024 bytes of UTF-8, got ${bytes}`);
  }
  return key;
}
