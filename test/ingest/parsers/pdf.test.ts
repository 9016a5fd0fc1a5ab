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

  it('refuses a broken file as corrupt', async () => {
    await expect(parsePdf(Buffer.from('%PDF-1.7\nnothing else'))).rejects.toMatchObject({
      reason: 'corrupt',
    });
  });
});
