import { describe, expect, it } from 'vitest';
import { parseDocx } from '../../../ingest/parsers/docx.ts';
import { expectWellParsed, outline } from './expect-well-parsed.ts';
import { makeDocx } from './make-zip.ts';

const paragraph = (text: string): string => `<w:p><w:r><w:t xml:space="preserve">${text}</w:t></w:r></w:p>`;
const cell = (text: string): string => `<w:tc>${paragraph(text)}</w:tc>`;
const row = (...texts: string[]): string => `<w:tr>${texts.map(cell).join('')}</w:tr>`;

describe('parseDocx', () => {
  it('reads paragraphs and tables, and the title from the properties', async () => {
    const properties = '<cp:coreProperties><dc:title>Terms &amp; more</dc:title></cp:coreProperties>';
    const docx = makeDocx(`${paragraph('Hello  there')}<w:tbl>${row('a', 'b')}${row('1', '2')}</w:tbl>`, [
      { name: 'docProps/core.xml', content: properties },
    ]);
    const parsed = await parseDocx(docx);
    expectWellParsed(parsed);
    expect(parsed.title).toBe('Terms & more');
    expect(outline(parsed)).toEqual(['paragraph: Hello there', 'table: a | b\n1 | 2']);
  });

  it('reads long documents piece by piece without losing any', async () => {
    const parsed = await parseDocx(
      makeDocx(Array.from({ length: 3_000 }, (_, at) => paragraph(`number ${at} of many`)).join('')),
    );
    expect(parsed.blocks).toHaveLength(3_000);
    expect(parsed.text).toContain('number 2999 of many');
  });

  it('refuses documents without text as empty', async () => {
    await expect(parseDocx(makeDocx(''))).rejects.toMatchObject({ reason: 'empty' });
  });

  it('refuses a bomb before unpacking it, and a broken document', async () => {
    const bomb = makeDocx(paragraph('x'.repeat(20_000_000)));
    expect(bomb.length).toBeLessThan(100_000);
    const started = performance.now();
    await expect(parseDocx(bomb)).rejects.toMatchObject({ reason: 'too_large' });
    expect(performance.now() - started).toBeLessThan(1_000);
    await expect(parseDocx(makeDocx('<w:p><w:r>'))).rejects.toMatchObject({ reason: 'corrupt' });
  });
});
