import { describe, expect, it } from 'vitest';
import { parseXlsx } from '../../../ingest/parsers/xlsx.ts';
import { expectWellParsed, outline } from './expect-well-parsed.ts';
import { makeRelations, makeRow, makeXlsx } from './make-office.ts';

const rowsOf = async (rows: string, parts = {}): Promise<string> =>
  (await parseXlsx(makeXlsx([{ name: 'S', rows }], parts))).text.split('\n\n').slice(1).join('\n\n');

describe('parseXlsx', () => {
  it('makes a section of each sheet, and a table of what empty rows and columns part', async () => {
    const parsed = await parseXlsx(
      makeXlsx([
        {
          name: 'Ducks',
          rows:
            makeRow(1, ['All of them']) +
            makeRow(2, ['Year', 'Wild', '', 'Name']) +
            makeRow(3, [2019, 120, '', 'Ann']) +
            makeRow(4, [2020, 0.1 + 0.2, '', 'Bob']) +
            makeRow(9, ['A note']),
        },
        { name: 'Secret', rows: makeRow(1, ['x']), isHidden: true },
        { name: 'Other', rows: makeRow(1, ['a', 'b']) },
      ]),
    );
    expectWellParsed(parsed);
    expect(outline(parsed)).toEqual([
      'heading1: Ducks',
      'paragraph (Ducks): All of them',
      'table (Ducks): Year | Wild\n2019 | 120\n2020 | 0.3',
      'paragraph (Ducks): Name\nAnn\nBob',
      'paragraph (Ducks): A note',
      'heading1: Other',
      'table (Other): a | b',
    ]);
    expect(parsed.blocks.map((block) => block.location?.sheet)).toEqual([
      ...Array(5).fill('Ducks'),
      'Other',
      'Other',
    ]);
  });

  it('shows shared strings, booleans, errors, percentages, and formulas only without a value', async () => {
    const rows = `<row r="1"><c r="A1" t="s"><v>1</v></c><c r="B1" t="b"><v>1</v></c><c r="C1" t="e"><v>#REF!</v></c><c r="D1" s="1"><v>0.256</v></c><c r="E1"><f>A1+B1</f></c><c r="F1"><f>1+1</f><v>2</v></c><c r="G1" t="str"><f>A1</f><v>text</v></c></row>`;
    expect(await rowsOf(rows, { strings: ['zero', 'a &lt; b'], formats: [0, 10] })).toBe(
      '| a < b | TRUE | #REF! | 25.6% | =A1+B1 | 2 | text |',
    );
  });

  it('shows dates as ISO 8601, from 1900 on, with the leap day that Excel invented, and numbers before', async () => {
    const dates = [1, 59, 60, 61, 43_831, 43_831.75, 0.5, -3].map((serial) => [serial, 1] as const);
    expect(await rowsOf(makeRow(1, dates), { formats: [0, 14] })).toBe(
      '| 1900-01-01 | 1900-02-28 | 1900-02-29 | 1900-03-01 | 2020-01-01 | 2020-01-01 18:00 | 12:00 | -3 |',
    );
    expect(await rowsOf(makeRow(1, ['12 May 1850', [5, 1]]), { formats: [0, 14] })).toBe(
      '| 12 May 1850 | 1900-01-05 |',
    );
  });

  it('counts from 1904 where the workbook does, and knows durations and units for what they are', async () => {
    const cells = [
      [0, 1],
      [42_369, 1],
      [1.5, 2],
      [3, 3],
    ] as const;
    expect(await rowsOf(makeRow(1, cells), { formats: [0, 14, 46, 170], startsIn1904: true })).toBe(
      '| 1904-01-01 | 2020-01-01 | 36:00 | 3 |',
    );
  });

  it('repeats a cell that is merged over rows', async () => {
    const sheet = {
      name: 'S',
      rows: makeRow(1, ['Kind', 'Size']) + makeRow(2, ['A', 1]) + makeRow(3, ['', 2]),
      merged: '<mergeCell ref="A2:A3"/>',
    };
    expect((await parseXlsx(makeXlsx([sheet]))).text).toContain('| A | 1 |\n| A | 2 |');
  });

  it('keeps comments apart, of both kinds', async () => {
    const parsed = await parseXlsx(
      makeXlsx([{ name: 'S', rows: makeRow(1, ['a', 'b']) }], {}, [
        makeRelations('xl/worksheets/sheet1.xml', {
          c: ['comments', '../comments1.xml'],
          t: ['threadedComment', '../threadedComments/threadedComment1.xml'],
        }),
        {
          name: 'xl/comments1.xml',
          content:
            '<comments><authors><author>Ann</author></authors><commentList><comment ref="A1" authorId="0"><text><r><t>Why </t></r><r><t>so?</t></r></text></comment><comment ref="B1" authorId="0"><text><t>[Threaded comment] old</t></text></comment></commentList></comments>',
        },
        {
          name: 'xl/threadedComments/threadedComment1.xml',
          content:
            '<ThreadedComments><threadedComment ref="B1" dT="2026-01-01" personId="x"><text>New</text></threadedComment></ThreadedComments>',
        },
      ]),
    );
    expect(outline(parsed).slice(2)).toEqual([
      'heading2 (S): Comments',
      'paragraph (S > Comments): A1, Ann: Why so?',
      'paragraph (S > Comments): B1, unknown, 2026-01-01: New',
    ]);
  });

  it('reads long sheets as one table', async () => {
    const rows = (count: number): string =>
      Array.from({ length: count }, (_, at) =>
        makeRow(at + 1, at === 0 ? ['id', 'n'] : [`r${at * 7919}`, at]),
      ).join('');
    const parsed = await parseXlsx(makeXlsx([{ name: 'S', rows: rows(3_000) }]));
    expectWellParsed(parsed);
    expect(parsed.blocks.map((block) => block.kind)).toEqual(['heading', 'table']);
    expect(parsed.blocks[1]!.table!.rows).toHaveLength(2_999);
  });
});
