import { describe, expect, it } from 'vitest';
import { parsePdf } from '../../../ingest/parsers/pdf.ts';
import { expectWellParsed, outline } from './expect-well-parsed.ts';
import { makePdf, type PdfText } from './make-pdf.ts';

const sentence = 'The quick brown fox jumps over the lazy dog and runs away';

describe('parsePdf', () => {
  it('knows the page of each block, headings by their size, paragraphs by their distance', async () => {
    const parsed = await parsePdf(
      makePdf(
        [
          [
            { text: 'Great Report', y: 700, size: 20 },
            { text: `${sentence} with-`, y: 660 },
            { text: 'out any haste. It stops.', y: 648 },
            { text: 'A new paragraph.', y: 610 },
          ],
          [{ text: `Second page. ${sentence}.`, y: 700 }],
        ],
        '/Title (A Report of Ours)',
      ),
    );
    expectWellParsed(parsed);
    expect(parsed.title).toBe('A Report of Ours');
    expect(outline(parsed)).toEqual([
      'heading1: Great Report',
      `paragraph (Great Report): ${sentence} without any haste. It stops.`,
      'paragraph (Great Report): A new paragraph.',
      `paragraph (Great Report): Second page. ${sentence}.`,
    ]);
    expect(parsed.blocks.map((block) => block.location?.page)).toEqual([1, 1, 1, 2]);
  });

  it('drops headers and footers that run through the pages', async () => {
    const pages = [1, 2, 3, 4, 5].map((page): PdfText[] => [
      { text: 'Company Confidential', y: 780 },
      { text: `${sentence} on ${['one', 'two', 'three', 'four', 'five'][page - 1]}.`, y: 700 },
      { text: `Middle of the text ${page}.`, y: 500 },
      { text: 'The same words on each page, but in its middle.', y: 400 },
      { text: `And the end of it, which differs: ${'abcde'[page - 1]}.`, y: 300 },
      { text: `Page ${page} of 5`, y: 20 },
    ]);
    const { text } = await parsePdf(makePdf(pages));
    expect(text).not.toMatch(/Confidential|Page \d of/);
    expect(text.match(/Middle of the text/g)).toHaveLength(5);
    expect(text.match(/The same words/g)).toHaveLength(5);
    expect(text.match(/And the end/g)).toHaveLength(5);
  });

  it('keeps what stands on each page where the pages have hardly more', async () => {
    const { text } = await parsePdf(
      makePdf([1, 2, 3, 4, 5].map((page) => [{ text: `Slide ${page}`, y: 700 }])),
    );
    expect(text.match(/Slide \d/g)).toHaveLength(5);
  });

  it('ignores titles that are names of files', async () => {
    const pdf = makePdf([[{ text: 'Words.', y: 700 }]], '/Title (Microsoft Word - draft.doc)');
    expect((await parsePdf(pdf)).title).toBeUndefined();
  });

  it('refuses pages without text, needing character recognition', async () => {
    await expect(parsePdf(makePdf([[], []]))).rejects.toMatchObject({ reason: 'needs_ocr' });
  });

  it('says which pages have no text, and keeps the others', async () => {
    const { text, omissions } = await parsePdf(makePdf([[], [{ text: 'Words.', y: 700 }], []]));
    expect(text).toBe('Words.');
    expect(omissions).toEqual([
      { reason: 'needs_ocr', message: expect.stringContaining('Without text on page 1, 3:') },
    ]);
  });

  it('makes tables of lines whose parts stand in columns, with cells of two lines and empty ones', async () => {
    const row = (y: number, ...cells: readonly (string | undefined)[]): PdfText[] =>
      cells.flatMap((text, at) => (text === undefined ? [] : [{ text, x: 72 + at * 120, y }]));
    const parsed = await parsePdf(
      makePdf([
        [
          { text: `${sentence}.`, y: 740 },
          ...row(700, 'Kind', 'Size', 'Note'),
          ...row(685, 'Small', '1', 'a note of'),
          ...row(673, undefined, undefined, 'two lines'),
          ...row(655, 'Large', undefined, 'none'),
          { text: `After it. ${sentence}.`, y: 620 },
        ],
      ]),
    );
    expectWellParsed(parsed);
    expect(outline(parsed)).toEqual([
      `paragraph: ${sentence}.`,
      'table: Kind | Size | Note\nSmall | 1 | a note of two lines\nLarge | | none',
      `paragraph: After it. ${sentence}.`,
    ]);
  });

  it('reads columns of prose one after the other, also where they are drawn line by line', async () => {
    const left = [
      'The left column starts here and goes',
      'on for some more lines of text that',
      'are all about as long as they can be',
      'until it ends on its fourth line.',
    ];
    const right = [
      'The right column is read after the',
      'left one, though each of its lines is',
      'drawn just after the line beside it',
      'and stands at the very same height.',
    ];
    const texts = left.flatMap((text, at) => [
      { text, x: 72, y: 700 - at * 12 },
      { text: right[at]!, x: 320, y: 700 - at * 12 },
    ]);
    expect((await parsePdf(makePdf([texts]))).text.replace(/\s+/g, ' ')).toBe([...left, ...right].join(' '));
  });

  it('sorts a page that draws its lines in no order', async () => {
    const lines = Array.from({ length: 9 }, (_, at) => ({
      text: `Line ${at} of the page.`,
      y: 700 - at * 30,
    }));
    const mixed = [4, 0, 7, 2, 8, 1, 6, 3, 5].map((at) => lines[at]!);
    expect((await parsePdf(makePdf([mixed]))).text.match(/\d/g)!.join('')).toBe('012345678');
  });

  it('refuses a broken file as corrupt', async () => {
    await expect(parsePdf(Buffer.from('%PDF-1.7\nnothing else'))).rejects.toMatchObject({
      reason: 'corrupt',
    });
  });
});
