import { createRequire } from 'node:module';
import { decompressRTF } from '@kenjiuno/decompressrtf';
import type MsgReaderModule from '@kenjiuno/msgreader';
import type { FieldsData } from '@kenjiuno/msgreader';
import { DocumentRefused } from '../../domain/errors.ts';
import type { ParsedDocument } from '../../domain/parsed-document.ts';
import { createBlockWriter } from './block-writer.ts';
import { decodeText } from './decode-text.ts';
import { type MailAttachment, writeMail } from './mail.ts';
import { writeRtf } from './rtf.ts';

// What importing a CommonJS module with a default export gives differs between loaders; requiring it does not.
const { default: MsgReader } = createRequire(import.meta.url)(
  '@kenjiuno/msgreader',
) as typeof MsgReaderModule;
const maxRtfBytes = 20_000_000;

/**
 * Parses a message that Outlook saved; messages inside it are attachments.
 * @throws {DocumentRefused} `encrypted`, `too_large`, `corrupt`, `empty`
 */
export function parseMsg(bytes: Uint8Array): ParsedDocument {
  const reader = new MsgReader(Uint8Array.from(bytes).buffer);
  const mail = reader.getFileData();
  if (mail.error !== undefined) throw new DocumentRefused('corrupt', `Cannot parse the mail: ${mail.error}`);
  const isSigned = /multipartsigned/i.test(mail.messageClass ?? '');
  if (/smime|rpmsg/i.test(mail.messageClass ?? '') && !isSigned) {
    throw new DocumentRefused('encrypted', 'Cannot parse the mail: it is encrypted');
  }
  const recipients = (type: string): string =>
    (mail.recipients ?? [])
      .filter(({ recipType = 'to' }) => recipType === type)
      .map(showPerson)
      .join(', ');
  return writeMail({
    mediaType: 'application/vnd.ms-outlook',
    subject: mail.subject ?? '',
    headers: [
      [
        'From',
        showPerson({ name: mail.senderName, smtpAddress: mail.senderSmtpAddress, email: mail.senderEmail }),
      ],
      ['To', recipients('to')],
      ['Cc', recipients('cc')],
      ['Date', showDate(mail.clientSubmitTime ?? mail.messageDeliveryTime ?? mail.creationTime)],
    ],
    html: htmlOf(mail),
    text: mail.body?.trim() ? mail.body.replace(/\r\n?/g, '\n') : rtfText(mail),
    attachments: (mail.attachments ?? []).map((attachment) => toAttachment(reader, attachment)),
  });
}

type Person = { readonly [key in 'name' | 'smtpAddress' | 'email']?: string | undefined };

function showPerson({ name = '', smtpAddress, email = '' }: Person): string {
  // Inside one organisation the address is a path in its directory.
  const address = smtpAddress ?? (email.includes('@') ? email : '');
  if (address === '' || name === address) return name || address;
  return name === '' ? address : `${name} <${address}>`;
}

function showDate(date: string | undefined): string {
  const time = Date.parse(date ?? '');
  return Number.isNaN(time) ? '' : new Date(time).toISOString();
}

function htmlOf(mail: FieldsData): string {
  if (mail.html === undefined) return mail.bodyHtml ?? '';
  const head = Buffer.from(mail.html).toString('latin1', 0, 1_024);
  return decodeText(mail.html, /charset\s*=\s*["']?([\w-]+)/i.exec(head)?.[1]);
}

/** Some messages keep their text only so. */
function rtfText({ compressedRtf }: FieldsData): string {
  if (compressedRtf === undefined || compressedRtf.length < 16) return '';
  const size = Buffer.from(compressedRtf).readUInt32LE(4);
  if (size > maxRtfBytes) {
    throw new DocumentRefused(
      'too_large',
      `Cannot parse the mail: its text unpacks to ${size} bytes, expected at most ${maxRtfBytes}`,
    );
  }
  const writer = createBlockWriter();
  writeRtf(writer, Buffer.from(decompressRTF([...compressedRtf])).toString('latin1'));
  return writer.isEmpty ? '' : writer.finish({ mediaType: 'application/rtf' }).text;
}

function toAttachment(reader: InstanceType<typeof MsgReader>, attachment: FieldsData): MailAttachment {
  const { fileName, content } = reader.getAttachment(attachment);
  return {
    name: attachment.innerMsgContent
      ? `${(attachment.name ?? 'message').replace(/\.msg$/i, '')}.msg`
      : fileName,
    mediaType: attachment.attachMimeTag ?? '',
    isInline: attachment.attachmentHidden === true || attachment.pidContentId !== undefined,
    content,
  };
}
