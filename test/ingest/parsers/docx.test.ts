import { describe, expect, it } from 'vitest';
import { parseDocx } from '../../../ingest/parsers/docx.ts';
import { expectWellParsed, outline } from './expect-well-parsed.ts';
import { makeRelations } from './make-office.ts';
import { makeDocx } from './make-zip.ts';

const word = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"';
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

  it('keeps notes and comments apart', async () => {
    const parsed = await parseDocx(
      makeDocx(
        `${paragraph('Words')}<w:p><w:r><w:t>noted</w:t></w:r><w:r><w:footnoteReference w:id="1"/></w:r><w:r><w:commentReference w:id="7"/></w:r></w:p>`,
        [
          makeRelations('word/document.xml', {
            f: ['footnotes', 'footnotes.xml'],
            c: ['comments', 'comments.xml'],
          }),
          {
            name: 'word/footnotes.xml',
            content: `<w:footnotes ${word}><w:footnote w:id="1">${paragraph('The note.')}</w:footnote></w:footnotes>`,
          },
          {
            name: 'word/comments.xml',
            content: `<w:comments ${word}><w:comment w:id="7" w:initials="AB">${paragraph('Why?')}</w:comment></w:comments>`,
          },
        ],
      ),
    );
    expect(outline(parsed)).toEqual([
      'paragraph: Words',
      'paragraph: noted[1]',
      'heading2: Notes',
      'list (Notes): 1. The note.',
      'heading2: Comments',
      'list (Comments): - Comment [AB1]\n  Why?',
    ]);
    expect(parsed.title).toBeUndefined();
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
