import { describe, expect, it } from 'vitest';
import { parseEml } from '../../../ingest/parsers/eml.ts';
import { expectWellParsed, outline } from './expect-well-parsed.ts';
import { makeMail } from './make-mail.ts';

describe('parseEml', () => {
  it('writes subject, correspondents and text, and hands on the attachments under names of their own', async () => {
    const parsed = await parseEml(
      makeMail({
        subject: '=?utf-8?B?R3LDvMOfZQ==?=',
        text: 'Hello,\r\n\r\nwords.',
        attachments: [
          { name: 'plan.txt', content: 'The plan' },
          { name: '../plan.txt', content: 'Another' },
          { name: 'plan.txt', content: 'A third' },
        ],
      }),
    );
    expectWellParsed(parsed);
    expect(parsed.title).toBe('Grüße');
    expect(outline(parsed)).toEqual([
      'heading1: Grüße',
      'paragraph (Grüße): From: Ann <ann@example.com>\nTo: bob@example.com\nDate: 2024-01-01T10:00:00.000Z',
      'paragraph (Grüße): Hello,',
      'paragraph (Grüße): words.',
      'paragraph (Grüße): Attachments: plan.txt, .._plan.txt, plan (2).txt',
    ]);
    expect(parsed.attachments?.map(({ name, content }) => [name, Buffer.from(content).toString()])).toEqual([
      ['plan.txt', 'The plan'],
      ['.._plan.txt', 'Another'],
      ['plan (2).txt', 'A third'],
    ]);
  });

  it('prefers HTML, whose tables stay tables', async () => {
    const html = '<table><tr><th>Kind<th>Size</tr><tr><td>A<td>1</tr></table><p>Bye</p>';
    expect(outline(await parseEml(makeMail({ subject: 'x', text: 'plain', html }))).slice(2)).toEqual([
      'table (x): Kind | Size\nA | 1',
      'paragraph (x): Bye',
    ]);
  });

  it('hands a forwarded mail on as an attachment, and leaves pictures of the text out', async () => {
    const inner = makeMail({ subject: 'Inner', text: 'inside' }).toString();
    const parsed = await parseEml(
      makeMail({
        subject: 'Outer',
        text: 'see below',
        attachments: [
          { type: 'message/rfc822', content: inner, isPlain: true },
          { name: 'logo.png', type: 'image/png', content: 'x', contentId: 'logo' },
        ],
      }),
    );
    expect(parsed.text).not.toContain('inside');
    expect(parsed.attachments).toMatchObject([{ name: 'message.eml', mediaType: 'message/rfc822' }]);
    expect(Buffer.from(parsed.attachments![0]!.content).toString()).toContain('Subject: Inner');
  });

  it('hands on what Outlook wraps, so that its refusal is told, and leaves out signatures', async () => {
    const { attachments } = await parseEml(
      makeMail({
        subject: 'Wrapped',
        text: 'See it.',
        attachments: [
          { name: 'winmail.dat', type: 'application/ms-tnef', content: 'wrapped files' },
          { name: 'smime.p7s', type: 'application/pkcs7-signature', content: 'signature' },
        ],
      }),
    );
    expect(attachments?.map(({ name }) => name)).toEqual(['winmail.dat']);
  });

  it('refuses encrypted mails, and more than 100 attachments', async () => {
    for (const type of [
      'application/pkcs7-mime; smime-type=enveloped-data',
      'multipart/encrypted; boundary=b',
    ]) {
      const mail = Buffer.from(`From: a@example.com\r\nSubject: x\r\nContent-Type: ${type}\r\n\r\nMIAG`);
      await expect(parseEml(mail)).rejects.toMatchObject({ reason: 'encrypted' });
    }
    const attachments = Array.from({ length: 101 }, (_, at) => ({ name: `${at}.txt`, content: 'x' }));
    await expect(parseEml(makeMail({ subject: 'x', text: 'y', attachments }))).rejects.toMatchObject({
      reason: 'too_large',
    });
  });
});
