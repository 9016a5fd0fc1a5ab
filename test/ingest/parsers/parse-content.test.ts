import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DocumentRefused } from '../../../domain/errors.ts';
import { parseContent } from '../../../ingest/parsers/parse-content.ts';
import { expectWellParsed } from './expect-well-parsed.ts';
import { makeCompoundFile } from './make-compound-file.ts';
import { makeMail } from './make-mail.ts';
import { makeEpub, makeOdf, makePptx, makeRow, makeShape, makeXlsx } from './make-office.ts';
import { makePdf } from './make-pdf.ts';
import { makeDocx } from './make-zip.ts';

const names = [
  'a.eml',
  'a.rtf',
  'a.xlsx',
  'a.md',
  'a.html',
  'a.txt',
  'a.csv',
  'a.tsv',
  'a.json',
  'a.ndjson',
  'a.pdf',
  'a.docx',
  'a',
];

/** Parsed with all invariants kept, or refused; anything else fails. */
async function parsedOrRefused(name: string, content: string | Uint8Array): Promise<string> {
  try {
    expectWellParsed(await parseContent({ name, content }));
    return 'parsed';
  } catch (error) {
    if (error instanceof DocumentRefused) return error.reason;
    throw error;
  }
}

const markup = fc.constantFrom(
  ...[
    '\n',
    '\n\n',
    '\r\n',
    '# ',
    '- ',
    '1. ',
    '> ',
    '```\n',
    '| a | b |\n|---|---|\n| 1 | 2 |\n',
    '**',
    '`',
    '[x](y)',
  ],
  ...[
    '<p>',
    '</p>',
    '<table><tr><td>',
    '<td>',
    '<th>',
    '<ul><li>',
    '<pre>',
    '<h2>',
    '<!--',
    '<br>',
    '&amp;',
    '<html>',
  ],
  ...['{"a":', '}', '[', '"', ',', ';', '\t', '😀', 'e\u0301', 'שלום', '\ud83d', '\0', ' word ', '1.5'],
);

describe('parseContent', () => {
  it('refuses a text of nothing but control characters as empty', async () => {
    await expect(parseContent({ name: 'a.txt', content: '\u0000\u0001' })).rejects.toMatchObject({
      reason: 'empty',
    });
  });

  it('parses or refuses any text under any name', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: markup, maxLength: 60 }),
        fc.constantFrom(...names),
        async (text, name) => {
          await parsedOrRefused(name, text);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('parses or refuses any bytes, and any damaged file of the other formats', async () => {
    const docx = makeDocx('<w:p><w:r><w:t>Some text</w:t></w:r></w:p>');
    const pdf = makePdf([[{ text: 'Some text', y: 700 }]]);
    const others = [
      makePptx([makeShape(['Title'], 'title')]),
      makeXlsx([{ name: 'S', rows: makeRow(1, ['a', 2]) }]),
      makeOdf('text', '<text:p>Words</text:p>'),
      makeEpub({ 'a.xhtml': '<html><body><p>Words</p></body></html>' }),
      makeMail({ subject: 'x', text: 'y', attachments: [{ name: 'a.txt', content: 'z' }] }),
      makeCompoundFile(['__properties_version1.0']),
      Buffer.from('{\\rtf1 words}'),
    ];
    const damaged = fc
      .tuple(
        fc.constantFrom(docx, pdf, ...others),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 8 }),
        fc.nat(),
      )
      .map(([file, changes, length]) => {
        const bytes = Uint8Array.from(file).subarray(
          0,
          length % 3 === 0 ? length % file.length : file.length,
        );
        for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
        return bytes;
      });
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.uint8Array(), damaged), fc.constantFrom(...names), async (bytes, name) => {
        await parsedOrRefused(name, bytes);
      }),
      { numRuns: 400 },
    );
  });

  it('tells the format by the content', async () => {
    expect(
      (await parseContent({ name: 'wrong.pdf', content: '# Title\n\n[a](https://example.com)' })).mediaType,
    ).toBe('text/markdown');
    expect(
      (await parseContent({ name: 'wrong.txt', content: makePdf([[{ text: 'Words', y: 700 }]]) })).mediaType,
    ).toBe('application/pdf');
  });

  it.each([
    ['a.md', '> '.repeat(50_000), 'too_large'],
    ['a.html', `<html>${'<div>'.repeat(50_000)}`, 'too_large'],
    ['a.json', '['.repeat(50_000) + ']'.repeat(50_000), 'too_large'],
    ['a.pdf', new Uint8Array(0), 'empty'],
    ['a.docx', Uint8Array.from([0x50, 0x4b, 3, 4, 9, 9]), 'corrupt'],
    ['a.json', '{"a": nope}', 'corrupt'],
  ])('refuses bad content of %s (%#)', async (name, content, reason) => {
    expect(await parsedOrRefused(name, content)).toBe(reason);
  });
});
