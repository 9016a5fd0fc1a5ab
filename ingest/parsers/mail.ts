import { DocumentRefused } from '../../domain/errors.ts';
import type { Attachment, ParsedDocument } from '../../domain/parsed-document.ts';
import { createBlockWriter } from './block-writer.ts';
import { oneLine } from './clean-text.ts';
import { writeHtmlFragment } from './html.ts';

/** A mail, whatever its format was. */
export interface Mail {
  readonly mediaType: string;
  readonly subject: string;
  /** Lines of `From`, `To`, `Cc` and `Date`, as far as they are known. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly html: string;
  readonly text: string;
  readonly attachments: readonly MailAttachment[];
}

export interface MailAttachment {
  /** Empty where the mail names none. */
  readonly name: string;
  readonly mediaType: string;
  /** Whether the text shows it: a logo, a picture. */
  readonly isInline: boolean;
  readonly content: Uint8Array;
}

const maxAttachments = 100;
const maxAttachmentBytes = 52_428_800;
const maxNameCharacters = 150;
/** They sign or repeat the mail and say nothing of their own. */
const withoutContent = /^application\/(?:(?:x-)?pkcs7-signature|pgp-signature|pgp-keys)$/;

/**
 * Writes a mail: its subject as the heading, a paragraph with its correspondents and date, its text, then the names of
 * its attachments, which are handed on to become documents of their own. Pictures that the text shows are left out.
 * @throws {DocumentRefused} `too_large` above 100 attachments or 50 MiB of them
 */
export function writeMail(mail: Mail): ParsedDocument {
  const writer = createBlockWriter();
  const attachments = nameAttachments(mail.attachments);
  writer.heading(1, mail.subject);
  const known = mail.headers.filter(([, value]) => oneLine(value) !== '');
  writer.block('paragraph', known.map(([name, value]) => `${name}: ${oneLine(value)}`).join('\n'));
  if (mail.html.trim() !== '') writeHtmlFragment(writer, mail.html);
  else for (const paragraph of mail.text.split(/\n[^\S\n]*\n/)) writer.block('paragraph', paragraph);
  if (attachments.length > 0) {
    writer.block('paragraph', `Attachments: ${attachments.map(({ name }) => name).join(', ')}`);
  }
  const parsed = writer.finish({ mediaType: mail.mediaType, title: mail.subject });
  return attachments.length === 0 ? parsed : { ...parsed, attachments };
}

/** Names are made fit for ids and unique: what comes second gets a number. */
function nameAttachments(given: readonly MailAttachment[]): Attachment[] {
  const kept = given.filter(
    ({ isInline, mediaType }) =>
      !(isInline && /^image\//i.test(mediaType)) && !withoutContent.test(mediaType.toLowerCase()),
  );
  const bytes = kept.reduce((total, { content }) => total + content.length, 0);
  if (kept.length > maxAttachments || bytes > maxAttachmentBytes) {
    throw new DocumentRefused(
      'too_large',
      `Cannot parse the mail: expected at most ${maxAttachments} attachments of ${maxAttachmentBytes} bytes together, got ${kept.length} of ${bytes}`,
    );
  }
  const taken = new Set<string>();
  return kept.map(({ name, mediaType, content }, at) => {
    const plain = plainName(name) || `attachment-${at + 1}`;
    let unique = plain;
    for (let copy = 2; taken.has(unique); copy++) unique = plain.replace(/(\.[^.]*)?$/, ` (${copy})$1`);
    taken.add(unique);
    return { name: unique, content, ...(mediaType !== '' && { mediaType }) };
  });
}

function plainName(name: string): string {
  const line = oneLine(name.replace(/[/\\]/g, '_')).toWellFormed();
  if (/^\.+$/.test(line)) return '';
  if (line.length <= maxNameCharacters) return line;
  const extension = /\.[^.]{1,10}$/.exec(line)?.[0] ?? '';
  return line.slice(0, maxNameCharacters - extension.length).toWellFormed() + extension;
}
