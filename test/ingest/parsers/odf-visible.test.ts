import { describe, expect, it } from 'vitest';
import { parseOdf } from '../../../ingest/parsers/odf.ts';
import { makeOdf } from './make-office.ts';
import type { ZipContent } from './make-zip.ts';

const type = 'application/vnd.oasis.opendocument';
const style = (family: string, name: string, properties: string, parent = ''): string =>
  `<style:style style:family="${family}" style:name="${name}" style:parent-style-name="${parent}">${properties}</style:style>`;
const text = (attributes: string): string => `<style:text-properties ${attributes}/>`;
const graphic = (attributes: string): string => `<style:graphic-properties ${attributes}/>`;
const cellGround = (color: string): string => `<style:table-cell-properties fo:background-color="${color}"/>`;

const styles = [
  style('text', 'White', text('fo:color="#FFFFFF"')),
  style('text', 'Whiter', text('fo:font-weight="bold"'), 'White'),
  style('text', 'Shaded', text('fo:color="#ffffff" fo:background-color="#000000"')),
  style('text', 'Outlined', text('fo:color="#ffffff" style:text-outline="true"')),
  style('text', 'Black', text('fo:color="#000000"')),
  // As LibreOffice writes the colour that follows the page.
  style('text', 'Auto', text('style:use-window-font-color="true" loext:opacity="0%"'), 'White'),
  style('text', 'WhiteAgain', text('fo:color="#ffffff"'), 'Auto'),
  style('text', 'Unseen', text('text:display="none"')),
  style('text', 'Seen', text('text:display="true"'), 'Unseen'),
  style('text', 'Speck', text('fo:font-size="1pt"')),
  style('text', 'Small', text('fo:font-size="0.1in"')),
  style('text', 'Loop', text('fo:font-weight="bold"'), 'Loop'),
  style('paragraph', 'Pale', text('fo:color="#fff"')),
  style('paragraph', 'Hidden', text('text:display="none"')),
  style(
    'paragraph',
    'Dark',
    `<style:paragraph-properties fo:background-color="#000000"/>${text('fo:color="#fff"')}`,
  ),
  style(
    'paragraph',
    'Varied',
    `${text('fo:color="#fff"')}<style:map style:condition="x" style:apply-style-name="Dark"/>`,
  ),
  style('section', 'Grey', '<style:section-properties fo:background-color="#808080"/>'),
  style('table-cell', 'Night', cellGround('#000000')),
  style('table-cell', 'Day', cellGround('#ffffff')),
  style('table-cell', 'PaleCell', text('fo:color="#ffffff"')),
  style('table', 'Slate', '<style:table-properties fo:background-color="#333333"/>'),
  style('table', 'NotShown', '<style:table-properties table:display="false"/>'),
  style('graphic', 'WhiteBox', graphic('draw:fill="solid" draw:fill-color="#ffffff"')),
  style('graphic', 'DarkBox', graphic('draw:fill="solid" draw:fill-color="#000000"')),
  style('graphic', 'NoFill', graphic('draw:fill="none"')),
  style('graphic', 'Plain', graphic('svg:stroke-color="#000000"')),
  style('drawing-page', 'Shown', '<style:drawing-page-properties draw:fill="none"/>'),
  style('drawing-page', 'Skipped', '<style:drawing-page-properties presentation:visibility="hidden"/>'),
  style(
    'drawing-page',
    'DarkSlide',
    '<style:drawing-page-properties draw:fill="solid" draw:fill-color="#000000"/>',
  ),
].join('');

const span = (name: string, content = 'secret'): string =>
  `<text:span text:style-name="${name}">${content}</text:span>`;
const line = (content: string, name = ''): string => `<text:p text:style-name="${name}">${content}</text:p>`;
const cell = (name: string, content: string): string =>
  `<table:table-cell table:style-name="${name}">${content}</table:table-cell>`;
const table = (name: string, cells: string): string =>
  `<table:table table:style-name="${name}"><table:table-row>${cells}${cell('', line('b'))}</table:table-row></table:table>`;
const box = (name: string, content: string, more = ''): string =>
  `<draw:frame draw:style-name="${name}" ${more}><draw:text-box>${content}</draw:text-box></draw:frame>`;
const image = '<draw:frame draw:style-name="NoFill"><draw:image/></draw:frame>';
const whiteLine = line(span('White'));

describe('visibleOdf', () => {
  it.each([
    ['white', whiteLine, true],
    ['white by a style below its own', line(span('Whiter')), true],
    ['white by its paragraph', line('secret', 'Pale'), true],
    ['white in a field', line(span('White', '<text:user-defined>secret</text:user-defined>')), true],
    ['black in a white paragraph', line(span('Black'), 'Pale'), false],
    ['of the colour that follows the page', line(span('Auto')), false],
    ['white in a style based on that', line(span('WhiteAgain')), true],
    ['white with a ground of its own', line(span('Shaded')), false],
    ['white with an outline', line(span('Outlined')), false],
    ['white in a dark paragraph', line('secret', 'Dark'), false],
    ['white in a style with conditions', line('secret', 'Varied'), false],
    ['white in a grey section', `<text:section text:style-name="Grey">${whiteLine}</text:section>`, false],
    ['set as hidden', line(span('Unseen')), true],
    ['shown in a hidden style', line(span('Seen')), false],
    ['hidden by its paragraph', line('secret', 'Hidden'), true],
    ['in a hidden heading', '<text:h text:style-name="Hidden">secret</text:h>', true],
    ['in a hidden section', `<text:section text:display="none">${line('secret')}</text:section>`, true],
    [
      'in a field for hidden text',
      line('<text:hidden-text text:is-hidden="true">secret</text:hidden-text>'),
      true,
    ],
    [
      'in such a field that is shown',
      line('<text:hidden-text text:is-hidden="false">secret</text:hidden-text>'),
      false,
    ],
    [
      'in a paragraph with the mark that hides it',
      line(`secret${span('Black', '<text:hidden-paragraph text:is-hidden="true"/>')}`),
      true,
    ],
    [
      'in a paragraph with a mark that does not',
      line('secret<text:hidden-paragraph text:is-hidden="false"/>'),
      false,
    ],
    ['a speck', line(span('Speck')), true],
    ['small', line(span('Small')), false],
    ['in a style based on itself', line(span('Loop')), false],
    ['white in a table', table('', cell('', whiteLine)), true],
    ['white by its cell', table('', cell('PaleCell', line('secret'))), true],
    ['white in a dark cell', table('', cell('Night', whiteLine)), false],
    ['white in a dark table', table('Slate', cell('', whiteLine)), false],
    ['white in a white cell of a dark table', table('Slate', cell('Day', whiteLine)), true],
    ['white in a white box', line(box('WhiteBox', whiteLine)), true],
    ['white in a dark box', line(box('DarkBox', whiteLine)), false],
    ['white in a box that shows what is below it', line(box('NoFill', whiteLine)), false],
    ['white in a box whose filling is not known', line(box('Plain', whiteLine)), false],
    ['in a hidden box', line(box('DarkBox', line('secret'), 'draw:display="none"')), true],
    [
      'white in a note',
      line(
        `x<text:note><text:note-citation>1</text:note-citation><text:note-body>${whiteLine}</text:note-body></text:note>`,
      ),
      true,
    ],
    ['white in a comment', line(`x<office:annotation>${whiteLine}</office:annotation>`), false],
    [
      'hidden, but deleted',
      `<text:tracked-changes>${line(span('Unseen', 'gone'))}</text:tracked-changes>${line('secret')}`,
      false,
    ],
  ])('reads text that is %s as a reader does', async (_, body, isHidden) => {
    const parsed = await parseOdf(makeOdf('text', line('Seen.') + body, [], styles), `${type}.text`);
    expect(parsed.text).toContain('Seen.');
    expect(parsed.text.includes('secret')).toBe(!isHidden);
    expect(parsed.flags).toEqual(isHidden ? ['hidden_text'] : undefined);
  });

  const shared = (content: string): ZipContent => ({
    name: 'styles.xml',
    content: `<office:document-styles>${content}</office:document-styles>`,
  });
  const masters = (content: string): ZipContent =>
    shared(
      `<office:automatic-styles>${style('drawing-page', 'M', '<style:drawing-page-properties draw:fill="solid" draw:fill-color="#000000"/>')}${style('graphic', 'B', graphic('draw:fill="solid" draw:fill-color="#000000"'))}</office:automatic-styles><office:master-styles>${content}</office:master-styles>`,
    );

  it.each([
    [
      'grey paper',
      shared(
        '<office:automatic-styles><style:page-layout><style:page-layout-properties fo:background-color="#cccccc"/></style:page-layout></office:automatic-styles>',
      ),
      false,
    ],
    [
      'white paper',
      shared(
        '<office:automatic-styles><style:page-layout><style:page-layout-properties fo:background-color="#ffffff"/></style:page-layout></office:automatic-styles>',
      ),
      true,
    ],
  ])('reads white text on %s as a reader does', async (_, paper, isHidden) => {
    const parsed = await parseOdf(
      makeOdf('text', line('Seen.') + whiteLine, [paper], styles),
      `${type}.text`,
    );
    expect(parsed.text.includes('secret')).toBe(!isHidden);
  });

  it('reads white text over a picture', async () => {
    const behind = style('graphic', 'Behind', graphic('style:run-through="background"'));
    const parsed = await parseOdf(makeOdf('text', whiteLine, [], styles + behind), `${type}.text`);
    expect(parsed.text).toBe('secret');
  });

  it('reads white text of the paragraphs that name no style', async () => {
    const plain = shared(
      `<office:styles><style:default-style style:family="paragraph">${text('fo:color="#ffffff"')}</style:default-style></office:styles>`,
    );
    const parsed = await parseOdf(
      makeOdf('text', line('secret') + line(span('Black', 'Seen.')), [plain], styles),
      `${type}.text`,
    );
    expect(parsed.text).toBe('Seen.');
    expect(parsed.flags).toEqual(['hidden_text']);
  });

  const slide = (content: string, attributes = 'draw:style-name="Shown"'): string =>
    `<draw:page ${attributes}>${box('NoFill', line('Seen.'))}${content}</draw:page>`;
  const white = box('NoFill', whiteLine);
  it.each([
    ['on a plain slide', slide(white), [], true],
    ['in a white shape', slide(image + box('WhiteBox', whiteLine)), [], true],
    ['in a shape whose filling is not known', slide(box('Plain', whiteLine)), [], false],
    ['on a slide with a picture', slide(image + white), [], false],
    ['on a slide with a dark shape', slide(box('DarkBox', '') + white), [], false],
    ['on a dark slide', slide(white, 'draw:style-name="DarkSlide"'), [], false],
    [
      'on a dark master',
      slide(white, 'draw:master-page-name="D"'),
      [masters('<style:master-page style:name="D" draw:style-name="M"/>')],
      false,
    ],
    [
      'on a master with a shape',
      slide(white, 'draw:master-page-name="D"'),
      [masters('<style:master-page style:name="D"><draw:frame draw:style-name="B"/></style:master-page>')],
      false,
    ],
    [
      'on a plain master',
      slide(white, 'draw:master-page-name="D"'),
      [
        masters(
          '<style:master-page style:name="D"><draw:frame presentation:placeholder="true"/></style:master-page>',
        ),
      ],
      true,
    ],
    [
      "in the speaker's notes",
      slide(`<presentation:notes>${box('', whiteLine)}</presentation:notes>`),
      [],
      false,
    ],
  ])('reads white text %s as a reader does', async (_, body, extra, isHidden) => {
    const parsed = await parseOdf(makeOdf('presentation', body, extra, styles), `${type}.presentation`);
    expect(parsed.text.includes('secret')).toBe(!isHidden);
    expect(parsed.flags).toEqual(isHidden ? ['hidden_text'] : undefined);
  });

  it('leaves out slides and sheets that are not shown, and counts the slides', async () => {
    const slides = slide(line('secret'), 'draw:style-name="Skipped"') + slide('');
    const shown = await parseOdf(makeOdf('presentation', slides, [], styles), `${type}.presentation`);
    expect(shown.text).toBe('Slide 2\n\nSeen.');
    expect(shown.flags).toEqual(['hidden_text']);
    const sheets = table('NotShown', cell('', line('secret'))) + table('', cell('', line('Seen.')));
    const sheet = await parseOdf(makeOdf('spreadsheet', sheets, [], styles), `${type}.spreadsheet`);
    expect(sheet.text).not.toContain('secret');
    expect(sheet.flags).toEqual(['hidden_text']);
  });

  it('reads white cells whose ground conditions may give', async () => {
    const sheet = (more: string) =>
      table('', cell('', line('Seen.')) + cell('PaleCell', line('secret'))).replace(
        '</table:table>',
        `${more}</table:table>`,
      );
    const read = async (more: string) =>
      (await parseOdf(makeOdf('spreadsheet', sheet(more), [], styles), `${type}.spreadsheet`)).text;
    expect(await read('')).not.toContain('secret');
    expect(await read('<calcext:conditional-formats/>')).toContain('secret');
  });
});
