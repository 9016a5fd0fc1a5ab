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

  describe('with rules', () => {
    /** Two rows of words, the second of two lines in its last cell. */
    const words: PdfText[] = [
      { text: 'Name', x: 105, y: 690 },
      { text: 'What it does', x: 205, y: 690 },
      { text: 'fuse', x: 105, y: 670 },
      { text: 'joins two lists of hits', x: 205, y: 670 },
      { text: 'into a single one', x: 205, y: 658 },
      { text: 'rank', x: 105, y: 640 },
      { text: 'orders it', x: 205, y: 640 },
    ];
    const around: PdfText[] = [
      { text: 'Above the table.', y: 760 },
      ...words,
      { text: 'Below the table.', y: 560 },
    ];
    const line = (x: number, y: number, toX: number, toY: number) => `${x} ${y} m ${toX} ${toY} l S`;
    const across = [705, 682, 652, 632].map((y) => line(100, y, 400, y));
    const down = [100, 200, 400].map((x) => line(x, 632, x, 705));
    const table =
      '| Name | What it does |\n|-|-|\n| fuse | joins two lists of hits into a single one |\n| rank | orders it |';
    const textOf = async (drawing: string, texts = around) =>
      (await parsePdf(makePdf([texts], '', [drawing]))).text;

    it('reads the cells that lines draw, in the place of the table', async () => {
      const text = await textOf([...across, ...down].join('\n'));
      expect(text).toBe(`Above the table.\n\n${table}\n\nBelow the table.`);
    });

    it.each([
      [
        'outlines of each cell',
        [
          '100 682 100 23 re S',
          '200 682 200 23 re S',
          '100 652 100 30 re S',
          '200 652 200 30 re S',
          '100 632 100 20 re S',
          '200 632 200 20 re S',
        ],
      ],
      [
        'thin bars, moved and scaled',
        [
          'q 2 0 0 2 0 0 cm',
          ...[705, 682, 652, 632].map((y) => `50 ${y / 2} 150 0.5 re f`),
          ...[100, 200, 400].map((x) => `${x / 2} 316 0.5 37 re f`),
          'Q',
        ],
      ],
      ['lines that leave its sides open', [...across, down[1]!]],
    ])('reads cells drawn by %s', async (_, drawing) => {
      expect(await textOf(drawing.join('\n'))).toContain(table);
    });

    it('repeats a cell over rows in each of them, and shows one over columns once', async () => {
      const drawing = [
        line(100, 705, 400, 705),
        line(100, 682, 400, 682),
        line(200, 652, 400, 652),
        line(100, 632, 400, 632),
        line(100, 632, 100, 705),
        line(200, 632, 200, 682),
        line(400, 632, 400, 705),
      ];
      const texts = [
        { text: 'Both columns', x: 105, y: 690 },
        { text: 'left', x: 105, y: 660 },
        { text: 'one', x: 205, y: 665 },
        { text: 'end', x: 280, y: 665 },
        { text: 'two', x: 205, y: 640 },
        { text: 'end', x: 280, y: 640 },
      ];
      const text = await textOf([...drawing, line(270, 632, 270, 682)].join('\n'), texts);
      expect(text.split('\n').filter((row) => !row.startsWith('|-'))).toEqual([
        '| Both columns |',
        '| left | one | end |',
        '| left | two | end |',
      ]);
    });

    it('reads rows that no rule parts where each cell has as many lines', async () => {
      const rows = ['a1 b1 c1', 'a2 b2 c2', 'a3 b3 c3', 'a4 b4 c4'].map((row) => row.split(' '));
      const texts = rows.flatMap((row, at) =>
        row.map((text, column) => ({ text, x: 105 + column * 100, y: 690 - at * 14 - (at > 0 ? 10 : 0) })),
      );
      const drawing = [
        ...[705, 682, 632].map((y) => line(100, y, 400, y)),
        ...[100, 200, 300, 400].map((x) => line(x, 632, x, 705)),
      ];
      const text = await textOf(drawing.join('\n'), texts);
      expect(text.split('\n').filter((row) => !row.startsWith('|-'))).toEqual(
        rows.map((row) => `| ${row.join(' | ')} |`),
      );
    });

    it('writes no text twice where the extents of two tables overlap', async () => {
      const stairs = [
        line(100, 740, 130, 740),
        ...[640, 620, 600].map((y) => line(100, y, 400, y)),
        line(100, 600, 100, 740),
        line(130, 600, 130, 740),
        line(400, 600, 400, 640),
      ];
      const beside = [
        ...[740, 700, 660].map((y) => line(200, y, 500, y)),
        ...[200, 300, 390, 450, 500].map((x) => line(x, 660, x, 740)),
      ];
      const places = [
        ...[715, 675, 648, 628, 608].map((y) => ({ x: 105, y })),
        ...[628, 608].map((y) => ({ x: 205, y })),
        ...[715, 675].flatMap((y) => [205, 305, 410, 460].map((x) => ({ x, y }))),
      ];
      const texts = places.map((place, at) => ({ text: `w${at}.`, ...place }));
      const text = await textOf([...stairs, ...beside].join('\n'), texts);
      expect(text).toContain('|');
      expect(text.match(/w\d+/g)!.sort()).toEqual(texts.map(({ text: word }) => word.slice(0, -1)).sort());
    });

    it('takes a frame around the page and the grid of a chart for no table', async () => {
      const frame = [
        line(50, 50, 550, 50),
        line(50, 770, 550, 770),
        line(50, 50, 50, 770),
        line(550, 50, 550, 770),
      ];
      const grid = Array.from({ length: 10 }, (_, at) => [
        line(100, 100 + at * 20, 300, 100 + at * 20),
        line(100 + at * 20, 100, 100 + at * 20, 300),
      ]).flat();
      expect(await textOf([...frame, ...grid].join('\n'))).toBe(await textOf(''));
    });

    it('lets go of a drawing of many lines', async () => {
      const drawing = Array.from({ length: 30_000 }, (_, at) =>
        line(at % 600, at % 700, (at * 7) % 600, at % 700),
      );
      expect(await textOf(drawing.join('\n'))).toBe(await textOf(''));
    });
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

  it('loses no mark that stands alone beside a column', async () => {
    const texts = [
      { text: 'Kind', y: 700 },
      { text: 'Size of it', x: 200, y: 700 },
      { text: 'Small', y: 686 },
      { text: 'one or so', x: 200, y: 686 },
      { text: '*', x: 192, y: 674 },
      { text: 'Large', y: 660 },
      { text: 'two or so', x: 200, y: 660 },
    ];
    expect(outline(await parsePdf(makePdf([texts])))).toEqual([
      'table: Kind | Size of it\nSmall | one or so *\nLarge | two or so',
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
