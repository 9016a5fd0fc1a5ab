import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DocumentRefused } from '../../../domain/errors.ts';
import { parseRtf } from '../../../ingest/parsers/rtf.ts';
import { expectWellParsed, outline } from './expect-well-parsed.ts';

const rtf = (body: string): string =>
  `{\\rtf1\\ansi\\ansicpg1252{\\fonttbl{\\f0 Arial;}{\\f1\\fcharset204 Times;}}{\\stylesheet{\\s1 heading 1;}{\\s2\\sbasedon1 Body;}}{\\info{\\title The title}{\\author Ann}}${body}}`;

describe('parseRtf', () => {
  it('reads paragraphs, headings by style and outline, lists, and footnotes apart', () => {
    const parsed = parseRtf(
      rtf(
        '{\\header Running}\\pard\\s1 Chapter\\par\\pard\\s2 Some {\\b bold} words{\\footnote A note.}, and more.\\par\\pard\\outlinelevel1 Part\\par\\pard{\\listtext\\bullet\\tab}One\\par{\\listtext\\bullet}Two\\par\\pard After',
      ),
    );
    expectWellParsed(parsed);
    expect(parsed.title).toBe('The title');
    expect(outline(parsed)).toEqual([
      'heading1: Chapter',
      'paragraph (Chapter): Some bold words, and more.',
      'heading2 (Chapter): Part',
      'list (Chapter > Part): - One\n- Two',
      'paragraph (Chapter > Part): After',
      'heading2 (Chapter): Notes',
      'paragraph (Chapter > Notes): A note.',
    ]);
  });

  it('decodes by code page and font, Unicode with its fallback, and signs', () => {
    expect(
      parseRtf(rtf("caf\\'e9 \\u8364? {\\uc2\\u8364 ??x} {\\f1\\'cf\\'f0} a\\emdash b\\~c \\{d\\}")).text,
    ).toBe('café € €x Пр a—b\u00a0c {d}');
  });

  it('reads tables', () => {
    const row = (...cells: string[]): string => `\\trowd\\intbl ${cells.join('\\cell ')}\\cell\\row`;
    expect(outline(parseRtf(rtf(`${row('Kind', 'Size')}${row('A', '1')}\\pard After\\par`)))).toEqual([
      'table: Kind | Size\nA | 1',
      'paragraph: After',
    ]);
  });

  it('leaves out pictures, binary data, field codes and unknown destinations', () => {
    const text = parseRtf(
      rtf(
        'a{\\pict ffd8}{\\*\\unknown secret}{\\bin5 }}}}}b{\\field{\\*\\fldinst HYPERLINK "x"}{\\fldrslt link}}',
      ),
    ).text;
    expect(text).toBe('ablink');
  });

  it('parses or refuses anything', () => {
    const piece = fc.constantFrom(
      '{',
      '}',
      '\\',
      '\\par ',
      '\\cell ',
      '\\row ',
      "\\'e9",
      '\\u12345?',
      '\\bin9 ',
      'word ',
      '{\\footnote ',
      '\\*',
      '\\s1 ',
    );
    fc.assert(
      fc.property(fc.string({ unit: piece, maxLength: 60 }), (body) => {
        try {
          expectWellParsed(parseRtf(`{\\rtf1${body}`));
        } catch (error) {
          if (!(error instanceof DocumentRefused)) throw error;
          expect(error.reason).toBe('empty');
        }
      }),
      { numRuns: 300 },
    );
  });
});
