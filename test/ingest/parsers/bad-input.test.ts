import { describe, expect, it } from 'vitest';
import { DocumentRefused } from '../../../domain/errors.ts';
import { parseContent } from '../../../ingest/parsers/parse-content.ts';
import { expectWellParsed, outline } from './expect-well-parsed.ts';
import { makeCompoundFile } from './make-compound-file.ts';
import { makeMail } from './make-mail.ts';
import { makeEpub, makeOdf, makeRow, makeXlsx } from './make-office.ts';
import { makePdf } from './make-pdf.ts';
import { makeDocx, makeZip } from './make-zip.ts';

async function reasonOf(name: string, content: string | Uint8Array): Promise<string> {
  const outcome = await parseContent({ name, content }).catch((error: unknown) => error);
  return outcome instanceof DocumentRefused ? outcome.reason : 'parsed';
}

async function parse(name: string, content: string | Uint8Array) {
  const parsed = await parseContent({ name, content });
  expectWellParsed(parsed);
  return parsed;
}

/** The standard security handler with a user password that nobody here knows. */
const lockedPdf = Buffer.from(
  makePdf([[{ text: 'secret', y: 700 }]])
    .toString('latin1')
    .replace(
      'trailer << ',
      `trailer << /ID [<00112233445566778899aabbccddeeff> <00112233445566778899aabbccddeeff>] /Encrypt << /Filter /Standard /V 2 /R 3 /Length 128 /P -4 /O <${'ab'.repeat(32)}> /U <${'cd'.repeat(32)}> >> `,
    ),
  'latin1',
);

describe('parseContent on bad input', () => {
  it.each([
    ['a PDF', 'a.pdf', lockedPdf],
    ['a DOCX', 'a.docx', makeCompoundFile(['EncryptionInfo', 'EncryptedPackage', '\x06DataSpaces'])],
    ['an XLSX', 'a.xlsx', makeCompoundFile(['EncryptionInfo', 'EncryptedPackage'])],
    ['a ZIP of a DOCX', 'b.docx', makeDocx('', [{ name: 'word/a.xml', content: 'x', encrypted: true }])],
    [
      'an ODT',
      'a.odt',
      makeOdf('text', '<text:p>x</text:p>', [
        {
          name: 'META-INF/manifest.xml',
          content: '<m:manifest><m:file-entry><m:encryption-data/></m:file-entry></m:manifest>',
        },
      ]),
    ],
    [
      'an EPUB with DRM',
      'a.epub',
      makeEpub({ 'a.xhtml': '<p>x</p>' }, [
        {
          name: 'META-INF/encryption.xml',
          content: '<e><EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#aes256-cbc"/></e>',
        },
      ]),
    ],
  ])('refuses %s that is protected, as encrypted', async (_, name, content) => {
    expect(await reasonOf(name, content)).toBe('encrypted');
  });

  it('goes by what a DOCX really is', async () => {
    expect(
      (await parse('a.docx', makeXlsx([{ name: 'S', rows: makeRow(1, ['a', 'b']) }]))).mediaType,
    ).toMatch(/spreadsheetml/);
    expect(await reasonOf('a.docx', makeZip([{ name: 'photo.jpg', content: 'x' }]))).toBe('unsupported_type');
    expect(await reasonOf('a.docx', makeDocx('').subarray(0, 200))).toBe('corrupt');
    const broken = makeDocx('<w:p><w:r><w:t>words</w:t></w:r></w:p>');
    broken[broken.indexOf('word/document.xml') + 30]! ^= 0xff;
    expect(await reasonOf('a.docx', broken)).toBe('corrupt');
  });

  it.each([
    ['UTF-16 with its mark', Buffer.from('\ufeffName;Größe\r\nJürgen;1\r\n', 'utf16le')],
    ['UTF-16 without', Buffer.from('Name;Größe\r\nJürgen;1\r\n', 'utf16le')],
    ['big-endian UTF-16', Buffer.from('\ufeffName;Größe\r\nJürgen;1\r\n', 'utf16le').swap16()],
    ['windows-1252', Buffer.from('Name;Größe\r\nJürgen;1\r\n', 'latin1')],
    ['UTF-8 with its mark', Buffer.from('\ufeffName;Größe\nJürgen;1\n')],
  ])('reads a CSV in %s', async (_, content) => {
    expect(outline(await parse('a.csv', content))).toEqual(['table: Name | Größe\nJürgen | 1']);
  });

  it('reads Shift JIS, and does not take other bytes for it', async () => {
    // 名前,個数 / りんご,1 / みかん,2
    const bytes = '96bc914f2c8cc290940a82e882f182b22c310a82dd82a982f12c320a';
    const content = Buffer.from(bytes, 'hex');
    expect((await parse('a.csv', content)).text).toContain('りんご');
    expect(await reasonOf('a.csv', Buffer.from('8080ff8180fe81fd8280'.repeat(9), 'hex'))).not.toBe('parsed');
  });

  it('reads mixed line ends as lines', async () => {
    expect(outline(await parse('a.md', '# A\r\n\r\nb\rc\n\nd\r\n'))).toEqual([
      'heading1: A',
      'paragraph (A): b c',
      'paragraph (A): d',
    ]);
    expect(outline(await parse('a.csv', 'a,b\r1,2\r\n3,4\n5,6'))).toEqual([
      'table: a | b\n1 | 2\n3 | 4\n5 | 6',
    ]);
    expect((await parse('a.txt', 'a\r\rb\r\n\r\nc\nd')).blocks).toHaveLength(3);
  });

  it('drops nul bytes from text, and refuses what is full of them', async () => {
    expect((await parse('a.txt', `some${'\0'} words of a text that is long enough to be one`)).text).toBe(
      'some words of a text that is long enough to be one',
    );
    expect((await parse('a.txt', Buffer.from(`${'a long line of words '.repeat(20)}\0end`))).text).toMatch(
      /words end$/,
    );
    expect(await reasonOf('a.txt', Buffer.alloc(1_000))).toBe('unsupported_type');
  });

  it('keeps a word of 300,000 characters whole, in every format', async () => {
    const word = 'x'.repeat(300_000);
    for (const [name, content] of [
      ['a.txt', word],
      ['a.md', `# A\n\n${word}`],
      ['a.html', `<html><body><p>${word}</p></body></html>`],
      ['a.csv', `a,b\n${word},1\n`],
      ['a.json', JSON.stringify({ word })],
      ['a.eml', makeMail({ subject: 's', text: word })],
      ['a.odt', makeOdf('text', `<text:p>${word}</text:p>`)],
    ] as const) {
      expect((await parse(name, content)).text, name).toContain(word);
    }
  });

  it('reads a mail of mails, each an attachment of the one around it', async () => {
    let mail = makeMail({ subject: 'floor 0', text: 'the ground' });
    for (let floor = 1; floor <= 3; floor++) {
      mail = makeMail({
        subject: `floor ${floor}`,
        text: 'see below',
        attachments: [{ type: 'message/rfc822', content: mail.toString(), isPlain: true }],
      });
    }
    for (let floor = 3; floor > 0; floor--) {
      const { title, attachments } = await parse('a.eml', mail);
      expect(title).toBe(`floor ${floor}`);
      expect(attachments).toHaveLength(1);
      mail = Buffer.from(attachments![0]!.content);
    }
    expect((await parse('a.eml', mail)).text).toContain('the ground');
  });

  it('shows formulas of an XLSX that has no values, and dates before 1900 as they stand', async () => {
    const rows = `<row r="1"><c r="A1" t="inlineStr"><is><t>when</t></is></c><c r="B1"><f>SUM(C1:C9)</f></c></row>${makeRow(2, ['12 May 1850', [-40, 1]])}`;
    const { text } = await parse('a.xlsx', makeXlsx([{ name: 'S', rows }], { formats: [0, 14] }));
    expect(text).toContain('| when | =SUM(C1:C9) |');
    expect(text).toContain('| 12 May 1850 | -40 |');
  });
});
