import { describe, expect, it } from 'vitest';
import { parseOdf } from '../../../ingest/parsers/odf.ts';
import { expectWellParsed, outline } from './expect-well-parsed.ts';
import { makeOdf } from './make-office.ts';

const type = 'application/vnd.oasis.opendocument';

describe('parseOdf', () => {
  it('reads texts: headings, paragraphs, lists, tables; notes and comments apart, deletions not', async () => {
    const body = `
      <text:tracked-changes><text:changed-region><text:deletion><text:p>Gone</text:p></text:deletion></text:changed-region></text:tracked-changes>
      <text:h text:outline-level="2">Chapter</text:h>
      <text:p>Some<text:s text:c="2"/>words<text:tab/>here<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>A note.</text:p></text:note-body></text:note><office:annotation><dc:creator>Ann</dc:creator><dc:date>x</dc:date><text:p>Why?</text:p></office:annotation>.</text:p>
      <text:list><text:list-item><text:p>One</text:p><text:list><text:list-item><text:p>Nested</text:p></text:list-item></text:list></text:list-item><text:list-item><text:p>Two</text:p></text:list-item></text:list>
      <table:table><table:table-row><table:table-cell><text:p>Kind</text:p></table:table-cell><table:table-cell><text:p>Size</text:p></table:table-cell></table:table-row><table:table-row><table:table-cell table:number-columns-spanned="2"><text:p>A</text:p></table:table-cell><table:covered-table-cell/></table:table-row></table:table>
      <text:p><draw:frame><draw:text-box><text:p>In a box</text:p></draw:text-box></draw:frame></text:p>`;
    const parsed = await parseOdf(makeOdf('text', body), `${type}.text`);
    expectWellParsed(parsed);
    expect(parsed.title).toBe('The title');
    expect(outline(parsed)).toEqual([
      'heading2: Chapter',
      'paragraph (Chapter): Some  words\there.',
      'list (Chapter): - One\n  - Nested\n- Two',
      'table (Chapter): Kind | Size\nA',
      'paragraph (Chapter): In a box',
      'heading2: Notes',
      'paragraph (Notes): 1 A note.',
      'heading2: Comments',
      'paragraph (Comments): Ann: Why?',
    ]);
  });

  it('reads spreadsheets: a sheet a section, repeated cells, and no million of empty rows', async () => {
    const cell = (text: string, attributes = '') =>
      `<table:table-cell ${attributes}><text:p>${text}</text:p></table:table-cell>`;
    const parsed = await parseOdf(
      makeOdf(
        'spreadsheet',
        `<table:table table:name="First"><table:table-row>${cell('a')}${cell('b')}</table:table-row><table:table-row>${cell('1', 'table:number-columns-repeated="2"')}<table:table-cell table:number-columns-repeated="16000"/></table:table-row><table:table-row table:number-rows-repeated="1048574"><table:table-cell table:number-columns-repeated="16384"/></table:table-row></table:table>`,
      ),
      `${type}.spreadsheet`,
    );
    expect(outline(parsed)).toEqual(['heading1: First', 'table (First): a | b\n1 | 1']);
    expect(parsed.blocks[1]!.location).toEqual({ sheet: 'First' });
  });

  it('refuses a row of text that is repeated a million times', async () => {
    const row =
      '<table:table><table:table-row table:number-rows-repeated="1000000"><table:table-cell table:number-columns-repeated="1000"><text:p>x</text:p></table:table-cell></table:table-row></table:table>';
    await expect(parseOdf(makeOdf('spreadsheet', row), `${type}.spreadsheet`)).rejects.toMatchObject({
      reason: 'too_large',
    });
  });

  it('reads presentations: a slide a section, its notes apart', async () => {
    const parsed = await parseOdf(
      makeOdf(
        'presentation',
        '<draw:page><draw:frame presentation:class="title"><draw:text-box><text:p>Plans</text:p></draw:text-box></draw:frame><draw:frame><draw:text-box><text:p>Words</text:p></draw:text-box></draw:frame><presentation:notes><draw:frame><draw:text-box><text:p>Say hello</text:p></draw:text-box></draw:frame></presentation:notes></draw:page><draw:page><draw:frame><draw:text-box><text:p>More</text:p></draw:text-box></draw:frame></draw:page>',
      ),
      `${type}.presentation`,
    );
    expect(outline(parsed)).toEqual([
      'heading1: Plans',
      'paragraph (Plans): Words',
      'heading2 (Plans): Notes',
      'paragraph (Plans > Notes): Say hello',
      'heading1: Slide 2',
      'paragraph (Slide 2): More',
    ]);
    expect(parsed.blocks.map((block) => block.location?.page)).toEqual([1, 1, 1, 1, 2, 2]);
  });

  it('refuses what is protected by a password', async () => {
    const manifest = {
      name: 'META-INF/manifest.xml',
      content:
        '<manifest:manifest><manifest:file-entry><manifest:encryption-data/></manifest:file-entry></manifest:manifest>',
    };
    await expect(parseOdf(makeOdf('text', '', [manifest]), `${type}.text`)).rejects.toMatchObject({
      reason: 'encrypted',
    });
  });
});
