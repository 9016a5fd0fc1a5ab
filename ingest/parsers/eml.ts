import PostalMime, { type Address, type Attachment, type Email } from 'postal-mime';
import { DocumentRefused } from '../../domain/errors.ts';
import type { ParsedDocument } from '../../domain/parsed-document.ts';
import { type MailAttachment, writeMail } from './mail.ts';

/** Parts inside each other; a mail that is forwarded whole is an attachment and counts for itself. */
const maxNestingDepth = 50;
const maxHeadersBytes = 1_000_000;

/**
 * Parses a mail message (RFC 5322 and MIME); mails inside it are attachments.
 * @throws {DocumentRefused} `encrypted` for S/MIME and PGP, `too_large`, `corrupt`, `empty`
 */
export async function parseEml(bytes: Uint8Array): Promise<ParsedDocument> {
  const email = await read(bytes);
  refuseEncrypted(email);
  return writeMail({
    mediaType: 'message/rfc822',
    subject: email.subject ?? '',
    headers: [
      ['From', showAddresses(email.from && [email.from])],
      ['To', showAddresses(email.to)],
      ['Cc', showAddresses(email.cc)],
      ['Date', email.date ?? ''],
    ],
    html: email.html ?? '',
    text: email.text ?? '',
    attachments: email.attachments.map(toAttachment),
  });
}

async function read(bytes: Uint8Array): Promise<Email> {
  try {
    return await PostalMime.parse(withoutMboxLine(bytes), {
      forceRfc822Attachments: true,
      maxNestingDepth,
      maxHeadersSize: maxHeadersBytes,
    });
  } catch (cause) {
    const { message } = cause as Error;
    const reason = /maximum|exceed|limit/i.test(message) ? 'too_large' : 'corrupt';
    throw new DocumentRefused(reason, `Cannot parse the mail: ${message}`, { cause });
  }
}

/** A mail taken out of an mbox archive starts with the line that parted it from the one before. */
function withoutMboxLine(bytes: Uint8Array): Uint8Array {
  const isMarked = Buffer.from(bytes.subarray(0, 5)).toString('latin1') === 'From ';
  return isMarked ? bytes.subarray(bytes.indexOf(0x0a) + 1) : bytes;
}

function refuseEncrypted(email: Email): void {
  const type = email.headers.find(({ key }) => key === 'content-type')?.value ?? '';
  const isEncrypted =
    /^\s*multipart\/encrypted/i.test(type) ||
    (/^\s*application\/(?:x-)?pkcs7-mime/i.test(type) && !/signed-data/i.test(type));
  if (isEncrypted) {
    throw new DocumentRefused('encrypted', 'Cannot parse the mail: it is encrypted');
  }
}

function toAttachment({
  filename,
  mimeType,
  disposition,
  related,
  contentId,
  content,
}: Attachment): MailAttachment {
  return {
    name: filename ?? (mimeType === 'message/rfc822' ? 'message.eml' : ''),
    mediaType: mimeType,
    isInline: related === true || (disposition === 'inline' && contentId !== undefined),
    content: typeof content === 'string' ? Buffer.from(content) : new Uint8Array(content),
  };
}

function showAddresses(addresses: readonly Address[] | undefined): string {
  return (addresses ?? [])
    .map((one) => {
      if (one.group !== undefined) return `${one.name}: ${showAddresses(one.group)}`;
      return one.name === '' ? one.address : `${one.name} <${one.address}>`;
    })
    .join(', ');
}
