import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCsv } from '../../../ingest/parsers/csv.ts';
import { sniffDelimiter } from '../../../ingest/parsers/sniff-delimiter.ts';
import { expectWellParsed, outline } from './expect-well-parsed.ts';

const lines = async (text: string): Promise<string[]> => outline(await parseCsv(text, 'text/csv'));

describe('parseCsv', () => {
  it.each([',', ';', '\t', '|'])(
    'reads cells divided by %j, with the first row as header',
    async (delimiter) => {
      const text = `name;note\r\nA;"said; ""so"""\r\nB;"two\nlines"\r\n`.replaceAll(';', delimiter);
      const parsed = await parseCsv(text, 'text/csv');
      expectWellParsed(parsed);
      const shown = { '\t': '', '|': '\\|' }[delimiter] ?? delimiter;
      expect(parsed.text).toBe(`| name | note |\n|-|-|\n| A | said${shown} "so" |\n| B | two lines |`);
      expect(parsed.blocks[0]!.table?.header).toBe('| name | note |\n|-|-|');
      expect(parsed.blocks[0]!.table?.rows).toHaveLength(2);
    },
  );

  it('takes titles above the header for headings', async () => {
    expect(await lines('Sales,,\nTeam,City,Sum\nA,B,1\n')).toEqual([
      'heading1: Sales',
      'table (Sales): Team | City | Sum\nA | B | 1',
    ]);
  });

  it('knows a table without header by its numbers, and years as headers', async () => {
    expect((await parseCsv('1,2\n3,4\n', 'text/csv')).blocks[0]!.table?.header).toBe('');
    expect((await parseCsv('2023,2024\n3,4\n', 'text/csv')).blocks[0]!.table?.header).toContain(
      '2023 | 2024',
    );
    expect((await parseCsv('1,2\na,b\n', 'text/csv')).blocks[0]!.table?.header).toContain('1 | 2');
  });

  it('reads rows of different lengths, quotes that never close and a hint of Excel', async () => {
    expect(await lines('a,b\n1\n1,2,3\n')).toEqual(['table: a | b\n1\n1 | 2 | 3']);
    expect(await lines('size,kind\n"5,inch\n7,foot\n')).toEqual(['table: size | kind\n"5 | inch\n7 | foot']);
    expect(await lines('sep=;\na;b\n1;2\n')).toEqual(['table: a | b\n1 | 2']);
  });

  it('reads one column, and 10,000 columns', async () => {
    expect(await lines('Industry\nHealth\nFinance\n')).toEqual(['table: Industry\nHealth\nFinance']);
    const wide = [0, 1, 2]
      .map((row) => Array.from({ length: 10_000 }, (_, at) => `c${row}-${at}`).join(','))
      .join('\n');
    const parsed = await parseCsv(wide, 'text/csv');
    expectWellParsed(parsed);
    expect(parsed.blocks[0]!.table?.rows).toHaveLength(2);
    expect(parsed.text).toContain('c2-9999');
  });

  it('refuses cells without text as empty', async () => {
    await expect(parseCsv(',,\n,,\n', 'text/csv')).rejects.toMatchObject({ reason: 'empty' });
  });

  it('keeps the invariants for any text', async () => {
    const unit = fc.constantFrom('a', '1', ',', ';', '\t', '"', '\n', '\r\n', ' ', '😀', '\0', '|');
    await fc.assert(
      fc.asyncProperty(fc.string({ unit }), async (text) => {
        const parsed = await parseCsv(`${text}x`, 'text/csv');
        expectWellParsed(parsed);
      }),
      { numRuns: 300 },
    );
  });
});

describe('sniffDelimiter', () => {
  it('finds the one that stands equally often in each line, outside quotes', () => {
    expect(sniffDelimiter('a;b,c;d\n1;2;3\n4;"5;6";7,8\n')).toBe(';');
    expect(sniffDelimiter('one\ntwo\n')).toBeUndefined();
    expect(sniffDelimiter('Hello, you\nplain\nlines\nhere\n')).toBeUndefined();
  });
});
