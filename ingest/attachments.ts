import { createHash } from 'node:crypto';
import { type Document, documentLimits } from '../domain/document.ts';
import { type DocumentRecord, isLive, recordVersion } from '../domain/document-record.ts';
import { DocumentRefused, SourceConflict } from '../domain/errors.ts';
import type { AttachmentResult, WriteResult } from '../domain/ingest.ts';
import type { Attachment } from '../domain/parsed-document.ts';
import type { RequestedChange } from './check-change.ts';
import { asRefusal } from './refusal.ts';

/** A mail in a mail in a mail: what is attached deeper is refused. */
export const maxAttachmentDepth = 5;

/** A mail's change, just before its record is written. */
export interface MailWrite {
  readonly requested: RequestedChange;
  /** Of attachments that may be there from before. */
  readonly held: readonly string[];
  /** The mail's record after the change. */
  readonly next: DocumentRecord;
  /** Where the mail was parsed by this change. */
  readonly attachments: readonly Attachment[] | undefined;
  readonly depth: number;
  /** Whether there is such a document, that readers may be shown. */
  isStored(documentId: string): Promise<boolean>;
  /** Writes one document below the mail. */
  write(change: RequestedChange): Promise<WriteResult>;
}

/** The id of an attachment: the mail's and its name; where that is too long for an id, cut with a hash of the whole. */
export function attachmentId(mailId: string, name: string): string {
  return cutTo(`${mailId}/${name}`, documentLimits.documentIdBytes);
}

/** The source of an attachment is its mail, so that nothing but the mail changes or deletes it. */
export function attachmentSource(mailId: string): string {
  return cutTo(`mail:${mailId}`, documentLimits.sourceBytes);
}

/**
 * Brings the documents that are attached to a mail in line with what the mail is about to become: they take on its
 * version, metadata, access and expiry, those that it no longer has are deleted, and all of them with it. Versions make
 * a repetition harmless. One that is refused is told of and hinders nothing; its older state is deleted.
 *
 * The mail's record must name every attachment before it is written (`held` or an earlier write): whatever crashes or
 * races, the next change of the mail finds what there is to delete.
 */
export async function writeAttachments(mail: MailWrite): Promise<AttachmentResult[]> {
  const { requested, held, next, attachments } = mail;
  const results: AttachmentResult[] = [];
  const version = next.content?.version ?? 0n;
  const source = attachmentSource(next.documentId);
  const remove = (documentId: string): Promise<void> =>
    writeOwn(mail, { operation: 'delete', documentId, source, version });

  if (!isLive(next)) {
    if (requested.operation === 'delete') for (const documentId of held) await remove(documentId);
    return results;
  }
  if (attachments === undefined) {
    const patch = patchOf(requested, recordVersion(next));
    for (const documentId of held) {
      if (patch !== undefined) await writeOwn(mail, { ...patch, documentId, source });
    }
    return results;
  }
  const kept = new Set<string>();
  for (const attachment of attachments) {
    const documentId = attachmentId(next.documentId, attachment.name);
    kept.add(documentId);
    const result = await writeOne(mail, attachment, documentId, source);
    results.push(result, ...(result.attachments ?? []));
    const hasOlderState =
      result.outcome === 'refused' &&
      result.reason !== 'source_conflict' &&
      (await mail.isStored(documentId));
    if (hasOlderState) await remove(documentId);
  }
  for (const documentId of held) if (!kept.has(documentId)) await remove(documentId);
  return results;
}

/** A document of another source may have the id of an attachment, which was refused then: it is not the mail's to change. */
async function writeOwn(mail: MailWrite, change: RequestedChange): Promise<void> {
  try {
    await mail.write(change);
  } catch (error) {
    if (!(error instanceof SourceConflict)) throw error;
  }
}

async function writeOne(
  mail: MailWrite,
  { name, mediaType, content }: Attachment,
  documentId: string,
  source: string,
): Promise<AttachmentResult & { readonly attachments?: readonly AttachmentResult[] }> {
  const { requested, next, depth } = mail;
  try {
    if (depth >= maxAttachmentDepth) {
      throw new DocumentRefused(
        'too_large',
        `Cannot index the attachment: expected mails inside each other at most ${maxAttachmentDepth} deep`,
      );
    }
    // Parts that a later change of the mail has set must hold before the attachment can be found.
    for (const part of laterParts(next))
      await mail.write({ ...part, operation: 'patch', documentId, source });
    const { metadata, access, expiresAt } =
      requested.operation === 'upsert' ? requested.document : ({} as Partial<Document>);
    const document: Document = {
      documentId,
      source,
      version: next.content!.version,
      content,
      ...(mediaType !== undefined && { mediaType }),
      ...(metadata !== undefined && { metadata }),
      ...(access !== undefined && { access }),
      ...(expiresAt !== undefined && { expiresAt }),
    };
    const { outcome, chunks, embedded, truncated, breakpointTexts, attachments } = await mail.write({
      operation: 'upsert',
      document,
    });
    return {
      documentId,
      name,
      outcome,
      chunks,
      embedded,
      truncated,
      breakpointTexts,
      ...(attachments && { attachments }),
    };
  } catch (error) {
    const refusal = asRefusal(name, error);
    if (refusal === undefined) throw error;
    return {
      documentId,
      outcome: 'refused',
      chunks: 0,
      embedded: 0,
      truncated: 0,
      breakpointTexts: 0,
      ...refusal,
    };
  }
}

type PatchParts = Omit<
  Extract<RequestedChange, { operation: 'patch' }>,
  'documentId' | 'source' | 'operation'
>;

function* laterParts({ content, metadata, access, expiry }: DocumentRecord): Iterable<PatchParts> {
  const isLater = (part: { readonly version: bigint } | undefined): boolean =>
    part !== undefined && part.version > content!.version;
  if (isLater(metadata)) yield { version: metadata!.version, metadata: metadata!.value };
  if (isLater(access)) yield { version: access!.version, access: access!.value ?? {} };
  if (isLater(expiry)) yield { version: expiry!.version, expiresAt: expiry!.value ?? null };
}

/** What a change of the mail that did not parse it changes of its attachments; titles and addresses are their own. */
function patchOf(
  requested: RequestedChange,
  version: bigint,
): (PatchParts & { readonly operation: 'patch' }) | undefined {
  if (requested.operation === 'delete') return undefined;
  if (requested.operation === 'upsert') {
    const { metadata = {}, access = {}, expiresAt = null } = requested.document;
    return {
      operation: 'patch',
      version: requested.document.version ?? version,
      metadata,
      access,
      expiresAt,
    };
  }
  const { metadata, access, expiresAt } = requested;
  if (metadata === undefined && access === undefined && expiresAt === undefined) return undefined;
  return {
    operation: 'patch',
    version: requested.version ?? version,
    ...(metadata !== undefined && { metadata }),
    ...(access !== undefined && { access }),
    ...(expiresAt !== undefined && { expiresAt }),
  };
}

function cutTo(text: string, maxBytes: number): string {
  if (Buffer.byteLength(text) <= maxBytes) return text;
  const mark = `~${createHash('sha256').update(text).digest('hex').slice(0, 16)}`;
  const bytes = Buffer.from(text).subarray(0, maxBytes - mark.length);
  // A character that the cut divides goes.
  return new TextDecoder().decode(bytes).replace(/\ufffd+$/, '') + mark;
}
