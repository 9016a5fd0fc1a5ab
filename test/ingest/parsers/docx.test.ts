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

  const run = (properties: string, text = 'secret') =>
    `<w:r><w:rPr>${properties}</w:rPr><w:t>${text}</w:t></w:r>`;
  const styles = `<w:styles ${word}>
    <w:style w:type="character" w:styleId="Unseen"><w:rPr><w:vanish/></w:rPr></w:style>
    <w:style w:type="paragraph" w:styleId="Pale"><w:rPr><w:color w:val="FFFFFF"/></w:rPr></w:style>
    <w:style w:type="paragraph" w:styleId="Paler"><w:basedOn w:val="Pale"/></w:style>
    <w:style w:type="paragraph" w:styleId="Dark"><w:basedOn w:val="Pale"/><w:pPr><w:shd w:val="clear" w:fill="000000"/></w:pPr></w:style>
    <w:style w:type="table" w:styleId="Plain"><w:tblPr><w:tblInd w:w="0"/></w:tblPr></w:style>
    <w:style w:type="table" w:styleId="Banded"><w:tblStylePr w:type="firstRow"><w:tcPr><w:shd w:val="clear" w:fill="4472C4"/></w:tcPr></w:tblStylePr></w:style>
    <w:style w:type="table" w:styleId="Own"><w:basedOn w:val="Banded"/></w:style>
    <w:style w:type="paragraph" w:styleId="Loop"><w:basedOn w:val="Loop"/></w:style></w:styles>`;
  const white = run('<w:color w:val="FFFFFF"/>');
  const table = (style: string, cells: string, ofRow = '') =>
    `<w:tbl><w:tblPr>${style === '' ? '' : `<w:tblStyle w:val="${style}"/>`}</w:tblPr><w:tr>${ofRow}${cells}${cell('b')}</w:tr></w:tbl>`;
  const shaded = (fill: string, content: string) =>
    `<w:tc><w:tcPr><w:shd w:val="clear" w:fill="${fill}"/></w:tcPr>${content}</w:tc>`;
  const plain = (content: string) => `<w:tc>${content}</w:tc>`;
  const box = (attributes: string, inside = '') =>
    `<w:p><w:r><w:pict><v:shape xmlns:v="urn:schemas-microsoft-com:vml" ${attributes}>${inside}<v:textbox><w:txbxContent><w:p>${white}</w:p></w:txbxContent></v:textbox></v:shape></w:pict></w:r></w:p>`;
  const styled = (style: string, runs: string) =>
    `<w:p><w:pPr><w:pStyle w:val="${style}"/></w:pPr>${runs}</w:p>`;

  it.each([
    ['hidden', `<w:p>${run('<w:vanish/>')}</w:p>`, true],
    ['said not to be hidden', `<w:p>${run('<w:vanish w:val="0"/>')}</w:p>`, false],
    ['hidden by its style', `<w:p>${run('<w:rStyle w:val="Unseen"/>')}</w:p>`, true],
    [
      'shown in a hidden style',
      `<w:p>${run('<w:rStyle w:val="Unseen"/><w:vanish w:val="false"/>')}</w:p>`,
      false,
    ],
    ['a speck', `<w:p>${run('<w:sz w:val="2"/>')}</w:p>`, true],
    ['small', `<w:p>${run('<w:sz w:val="12"/>')}</w:p>`, false],
    ['white', `<w:p>${run('<w:color w:val="ffffff"/>')}</w:p>`, true],
    ['white by its paragraph', styled('Paler', '<w:r><w:t>secret</w:t></w:r>'), true],
    ['white on a dark paragraph', styled('Dark', '<w:r><w:t>secret</w:t></w:r>'), false],
    ['black in a white paragraph', styled('Pale', run('<w:color w:val="000000"/>')), false],
    [
      'white with a shade',
      `<w:p>${run('<w:color w:val="FFFFFF"/><w:shd w:val="clear" w:fill="333333"/>')}</w:p>`,
      false,
    ],
    [
      'white with a highlight',
      `<w:p>${run('<w:color w:val="FFFFFF"/><w:highlight w:val="red"/>')}</w:p>`,
      false,
    ],
    ['white in a table without a style', table('', plain(`<w:p>${white}</w:p>`)), true],
    ['white in a table whose style has no ground', table('Plain', plain(`<w:p>${white}</w:p>`)), true],
    ['white in a table whose style has one', table('Banded', plain(`<w:p>${white}</w:p>`)), false],
    ['white in a table whose style is based on one', table('Own', plain(`<w:p>${white}</w:p>`)), false],
    ['white in a dark cell', table('Plain', shaded('000000', `<w:p>${white}</w:p>`)), false],
    ['white in a white cell', table('Banded', shaded('FFFFFF', `<w:p>${white}</w:p>`)), true],
    ['white beside a dark cell', table('', shaded('000000', cell('c')) + plain(`<w:p>${white}</w:p>`)), true],
    [
      'white in a dark row',
      table(
        '',
        plain(`<w:p>${white}</w:p>`),
        '<w:tblPrEx><w:shd w:val="clear" w:fill="000000"/></w:tblPrEx>',
      ),
      false,
    ],
    [
      'white in a table in a dark cell',
      table('', shaded('000000', table('', plain(`<w:p>${white}</w:p>`)))),
      false,
    ],
    ['white after a dark table', `${table('Banded', cell('a'))}<w:p>${white}</w:p>`, true],
    ['white in a box, which is white if nothing is said', box(''), true],
    ['white in a white box', box('fillcolor="#ffffff [3212]"'), true],
    ['white in a dark box', box('fillcolor="#156082 [3204]"'), false],
    ['white in a box that shows what is below it', box('filled="f"'), false],
    ['white in a box with a picture', box('', '<v:fill type="frame" src="x"/>'), false],
    ['hidden before', `<w:p>${run('', 'secret')}${run('<w:vanish/>', ' ')}</w:p>`, false],
    ['based on itself', styled('Loop', run('')), false],
    [
      'hidden now but not before',
      `<w:p><w:r><w:rPr><w:rPrChange><w:rPr><w:vanish/></w:rPr></w:rPrChange></w:rPr><w:t>secret</w:t></w:r></w:p>`,
      false,
    ],
    [
      'hidden at the mark of the paragraph',
      `<w:p><w:pPr><w:rPr><w:vanish/></w:rPr></w:pPr>${run('')}</w:p>`,
      false,
    ],
  ])('reads text that is %s as a reader does', async (_, content, isHidden) => {
    const docx = makeDocx(`${paragraph('Seen.')}${content}`, [
      makeRelations('word/document.xml', { s: ['styles', 'styles.xml'] }),
      { name: 'word/styles.xml', content: styles },
    ]);
    const parsed = await parseDocx(docx);
    expect(parsed.text.includes('secret')).toBe(!isHidden);
    expect(parsed.flags).toEqual(isHidden ? ['hidden_text'] : undefined);
  });

  it.each([
    ['a picture', '<w:drawing><wp:anchor behindDoc="1"/></w:drawing>', true],
    [
      'an older picture',
      '<w:pict><v:rect xmlns:v="urn:schemas-microsoft-com:vml" style="position:absolute;z-index:-2"/></w:pict>',
      true,
    ],
    ['nothing, beside a picture', '<w:drawing><wp:anchor behindDoc="0"/></w:drawing>', false],
  ])('reads white text over %s as a reader does, hidden text aside', async (_, picture, isSeen) => {
    const parsed = await parseDocx(
      makeDocx(
        `<w:p>${run('<w:vanish/>', 'hidden')}${white}<w:r><w:t>Seen.</w:t></w:r></w:p><w:p><w:r>${picture}</w:r></w:p>`,
      ),
    );
    expect(parsed.text).toBe(isSeen ? 'secretSeen.' : 'Seen.');
    expect(parsed.flags).toEqual(['hidden_text']);
  });

  it.each([
    ['white by the style of paragraphs that name none', '', true],
    ['black in a style of its own', '<w:pPr><w:pStyle w:val="Own"/></w:pPr>', false],
  ])('reads text that is %s as a reader does', async (_, properties, isHidden) => {
    const seen = styled('Own', '<w:r><w:t>Seen.</w:t></w:r>');
    const content = `<w:styles ${word}><w:style w:type="paragraph" w:default="1" w:styleId="N"><w:rPr><w:color w:val="FFFFFF"/></w:rPr></w:style>
      <w:style w:type="paragraph" w:styleId="Own"><w:rPr><w:b/></w:rPr></w:style></w:styles>`;
    const docx = makeDocx(`${seen}<w:p>${properties}<w:r><w:t>secret</w:t></w:r></w:p>`, [
      makeRelations('word/document.xml', { s: ['styles', 'styles.xml'] }),
      { name: 'word/styles.xml', content },
    ]);
    const parsed = await parseDocx(docx);
    expect(parsed.text).toBe(isHidden ? 'Seen.' : 'Seen.\n\nsecret');
    expect(parsed.flags).toEqual(isHidden ? ['hidden_text'] : undefined);
  });

  it('reads hidden text in notes as a reader does, and characters that XML escapes as they are', async () => {
    const note = `<w:p><w:r><w:t>A &lt;note&gt; &amp; "more" &#233;</w:t></w:r>${run('<w:vanish/>')}</w:p>`;
    const parsed = await parseDocx(
      makeDocx(`<w:p><w:r><w:t>noted</w:t></w:r><w:r><w:footnoteReference w:id="1"/></w:r></w:p>`, [
        makeRelations('word/document.xml', { f: ['footnotes', 'footnotes.xml'] }),
        {
          name: 'word/footnotes.xml',
          content: `<x:footnotes ${word.replace('xmlns:w', 'xmlns:x')}><x:footnote x:id="1">${note.replaceAll('w:', 'x:')}</x:footnote></x:footnotes>`,
        },
      ]),
    );
    expect(outline(parsed)).toContain('list (Notes): 1. A <note> & "more" é');
    expect(parsed.flags).toEqual(['hidden_text']);
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
