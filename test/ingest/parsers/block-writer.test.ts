import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DocumentRefused } from '../../../domain/errors.ts';
import { type BlockWriter, createBlockWriter, tableLine } from '../../../ingest/parsers/block-writer.ts';
import { expectWellParsed, outline } from './expect-well-parsed.ts';

const anyText = fc.string({
  unit: fc.oneof(
    fc.constantFrom('\n', ' ', '\t', '\r\n', '\0', '\ud800', '😀', '|'),
    fc.string({ maxLength: 3 }),
  ),
});

const writes = fc.array(
  fc.oneof(
    fc.tuple(fc.integer({ min: 1, max: 6 }), anyText).map(
      ([level, text]) =>
        (to: BlockWriter) =>
          to.heading(level, text),
    ),
    fc.tuple(fc.constantFrom('paragraph', 'list', 'code'), anyText).map(
      ([kind, text]) =>
        (to: BlockWriter) =>
          to.block(kind, text),
    ),
    fc.tuple(anyText, fc.array(anyText)).map(
      ([header, rows]) =>
        (to: BlockWriter) =>
          to.table(header, rows),
    ),
    fc.nat(9).map((page) => (to: BlockWriter) => to.locate({ page })),
  ),
);

describe('createBlockWriter', () => {
  it('keeps the invariants of parsed documents whatever is written', () => {
    fc.assert(
      fc.property(writes, anyText, (steps, title) => {
        const writer = createBlockWriter();
        for (const step of steps) step(writer);
        try {
          expectWellParsed(writer.finish({ mediaType: 'text/plain', title }));
        } catch (error) {
          if (!(error instanceof DocumentRefused)) throw error;
          expect(error.reason).toBe('empty');
        }
      }),
      { numRuns: 300 },
    );
  });

  it('gives each block the headings above it, and a heading those of higher levels', () => {
    const writer = createBlockWriter();
    writer.heading(1, 'One');
    writer.heading(3, 'Deep');
    writer.block('paragraph', 'a');
    writer.heading(2, 'Two');
    writer.block('paragraph', 'b');
    writer.heading(1, 'Other');
    writer.block('paragraph', 'c');
    expect(outline(writer.finish({ mediaType: 'text/plain' }))).toEqual([
      'heading1: One',
      'heading3 (One): Deep',
      'paragraph (One > Deep): a',
      'heading2 (One): Two',
      'paragraph (One > Two): b',
      'heading1: Other',
      'paragraph (Other): c',
    ]);
  });

  it('tells where the header and each row of a table stand', () => {
    const writer = createBlockWriter();
    writer.block('paragraph', 'before');
    writer.table('| a | b \\| c |', ['| 1 | 2 |', '', '| 3 | 4 |']);
    const { text, blocks } = writer.finish({ mediaType: 'text/csv' });
    expect(text).toBe('before\n\n| a | b \\| c |\n|-|-|\n| 1 | 2 |\n| 3 | 4 |');
    expect(blocks[1]).toMatchObject({
      kind: 'table',
      start: 8,
      end: text.length,
      table: {
        header: '| a | b \\| c |\n|-|-|',
        rows: [text.indexOf('| 1 |'), text.indexOf('| 3 |')],
      },
    });
  });

  it('keeps the indentation of code and drops blank lines around it', () => {
    const writer = createBlockWriter();
    writer.block('code', '\n  \n  if (a)\n    b()\n\n');
    expect(writer.finish({ mediaType: 'text/plain' }).text).toBe('  if (a)\n    b()');
  });

  it('takes a heading of more than 300 characters for prose', () => {
    const writer = createBlockWriter();
    writer.heading(1, 'x'.repeat(301));
    writer.block('paragraph', 'a');
    expect(writer.finish({ mediaType: 'text/plain' }).blocks.map((block) => block.headingPath)).toEqual([
      [],
      [],
    ]);
  });
});

describe('tableLine', () => {
  it('keeps empty cells between filled ones only', () => {
    expect(tableLine(['', 'a', ' ', ' b ', '', ''])).toBe('|  | a |  | b |');
    expect(tableLine(['', ' '])).toBe('');
    expect(tableLine(['a|b', 'c'])).toBe('| a\\|b | c |');
  });
});
