import type { z } from '@hono/zod-openapi';
import { type DocumentRecord, isLive, recordVersion } from '../../domain/document-record.ts';
import { NotFound } from '../../domain/errors.ts';
import type { documentSchema } from '../schemas/document.ts';
import type { Exact } from '../schemas/exact.ts';

/**
 * A record as readers see it.
 * @throws {NotFound} for one that is not live, which a reader is never given
 */
export function documentReply(record: DocumentRecord): Exact<z.output<typeof documentSchema>> {
  const { content, metadata, access, expiry } = record;
  if (content === undefined || !isLive(record)) {
    throw new NotFound(`Cannot find document ${JSON.stringify(record.documentId)}`);
  }
  return {
    documentId: record.documentId,
    version: recordVersion(record).toString(),
    source: record.source,
    ...(content.title !== undefined && { title: content.title }),
    ...(content.uri !== undefined && { uri: content.uri }),
    mediaType: content.mediaType,
    contentHash: content.contentHash,
    bytes: content.bytes,
    metadata: metadata?.value ?? {},
    ...(content.links !== undefined && { links: [...content.links] }),
    ...(content.flags !== undefined && { flags: [...content.flags] }),
    ...(access?.value !== undefined && { access: access.value }),
    ...(expiry?.value !== undefined && { expiresAt: expiry.value }),
    chunks: record.chunks,
    updatedAt: record.updatedAt,
  };
}
