import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { InvalidInput } from '../../domain/errors.ts';
import type { StoredObject } from '../object-store.ts';

export interface UploadOptions {
  readonly mediaType?: string;
  readonly kmsKeyId?: string;
  readonly signal?: AbortSignal;
}

/** Parts are at least 5 MiB but for the last, and at most 10,000; S3's own limits. */
const partBytes = 8 * 1024 * 1024;
const maxParts = 10_000;

interface Place {
  readonly Bucket: string;
  readonly Key: string;
}

/**
 * Sends content in one request where it is small, else in parts, of which one at a time is held. Each request carries
 * a checksum that S3 verifies. What was begun and not completed is aborted, so that no part stays and costs.
 */
export async function upload(
  client: S3Client,
  place: Place,
  content: Uint8Array | AsyncIterable<Uint8Array>,
  options: UploadOptions,
): Promise<StoredObject> {
  const send = options.signal === undefined ? {} : { abortSignal: options.signal };
  const kept = {
    ...place,
    ...(options.mediaType !== undefined && { ContentType: options.mediaType }),
    ...(options.kmsKeyId !== undefined && {
      ServerSideEncryption: 'aws:kms' as const,
      SSEKMSKeyId: options.kmsKeyId,
    }),
  };
  const parts = partsOf(content);
  const first = (await parts.next()).value ?? new Uint8Array();
  const second = await parts.next();
  if (second.done === true) {
    const stored = await client.send(
      new PutObjectCommand({ ...kept, Body: first, ContentLength: first.length }),
      send,
    );
    return described(stored, first.length);
  }

  const { UploadId } = await client.send(
    new CreateMultipartUploadCommand({ ...kept, ChecksumAlgorithm: 'CRC32' }),
    send,
  );
  try {
    const sent: { PartNumber: number; ETag?: string | undefined; ChecksumCRC32?: string | undefined }[] = [];
    let sizeBytes = 0;
    const sendPart = async (Body: Uint8Array) => {
      const PartNumber = sent.length + 1;
      if (PartNumber > maxParts) {
        throw new InvalidInput('content', `Expected at most ${maxParts * partBytes} bytes, got more`);
      }
      const { ETag, ChecksumCRC32 } = await client.send(
        new UploadPartCommand({ ...place, UploadId, PartNumber, Body, ChecksumAlgorithm: 'CRC32' }),
        send,
      );
      sent.push({ PartNumber, ETag, ChecksumCRC32 });
      sizeBytes += Body.length;
    };
    await sendPart(first);
    await sendPart(second.value);
    for await (const part of parts) await sendPart(part);
    const stored = await client.send(
      new CompleteMultipartUploadCommand({ ...place, UploadId, MultipartUpload: { Parts: sent } }),
      send,
    );
    return described(stored, sizeBytes);
  } catch (error) {
    // Without the caller's signal, which may be what ended it; what cannot be aborted is for the bucket's lifecycle.
    await client.send(new AbortMultipartUploadCommand({ ...place, UploadId })).catch(() => undefined);
    throw error;
  }
}

function described(
  { ETag = '', VersionId }: { readonly ETag?: string | undefined; readonly VersionId?: string | undefined },
  sizeBytes: number,
): StoredObject {
  return {
    sizeBytes,
    eTag: ETag.replaceAll('"', ''),
    ...(VersionId !== undefined && VersionId !== 'null' && { versionId: VersionId }),
  };
}

/** Cuts content into pieces of the size of a part, the last one smaller. */
async function* partsOf(
  content: Uint8Array | AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, undefined> {
  if (content instanceof Uint8Array) {
    for (let at = 0; at < content.length; at += partBytes) yield content.subarray(at, at + partBytes);
    return;
  }
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  for await (const piece of content) {
    let rest = piece;
    while (heldBytes + rest.length >= partBytes) {
      const taken = rest.subarray(0, partBytes - heldBytes);
      yield Buffer.concat([...held, taken]);
      rest = rest.subarray(taken.length);
      held = [];
      heldBytes = 0;
    }
    if (rest.length > 0) {
      held.push(rest);
      heldBytes += rest.length;
    }
  }
  if (heldBytes > 0) yield Buffer.concat(held);
}
