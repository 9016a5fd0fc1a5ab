import { describe, expect, it } from 'vitest';
import { parsePptx } from '../../../ingest/parsers/pptx.ts';
import { makePptx, makeRelations, makeShape } from './make-office.ts';
import type { ZipContent } from './make-zip.ts';

const rgb = (color: string, inside = ''): string =>
  `<a:solidFill><a:srgbClr val="${color}">${inside}</a:srgbClr></a:solidFill>`;
const scheme = (name: string, inside = ''): string =>
  `<a:solidFill><a:schemeClr val="${name}">${inside}</a:schemeClr></a:solidFill>`;
const white = rgb('FFFFFF');
const frame = (x: number, y: number, attributes = ''): string =>
  `<a:xfrm ${attributes}><a:off x="${x}" y="${y}"/><a:ext cx="1000000" cy="1000000"/></a:xfrm>`;

interface Shape {
  /** Of the run: what its properties hold, and their attributes. */
  readonly look?: string;
  readonly attributes?: string;
  /** Of the shape. */
  readonly properties?: string;
  readonly styles?: string;
  readonly placeholder?: string;
  readonly style?: string;
  readonly isHidden?: boolean;
}

function box(shape: Shape): string {
  const {
    look = '',
    attributes = '',
    properties = frame(0, 0),
    styles = '',
    placeholder = '',
    style = '',
  } = shape;
  return `<p:sp><p:nvSpPr><p:cNvPr id="2" name="x"${shape.isHidden ? ' hidden="1"' : ''}/><p:nvPr>${placeholder}</p:nvPr></p:nvSpPr><p:spPr>${properties}</p:spPr>${style}<p:txBody><a:lstStyle>${styles}</a:lstStyle><a:p><a:r><a:rPr ${attributes}>${look}</a:rPr><a:t>secret</a:t></a:r></a:p></p:txBody></p:sp>`;
}

const picture = (x: number, y: number): string => `<p:pic><p:spPr>${frame(x, y)}</p:spPr></p:pic>`;
const cell = (fill: string): string =>
  `<a:tc><a:txBody><a:p><a:r><a:rPr>${white}</a:rPr><a:t>secret</a:t></a:r></a:p></a:txBody><a:tcPr>${fill}</a:tcPr></a:tc>`;
const table = (style: string, fill = ''): string =>
  `<p:graphicFrame><p:xfrm><a:off x="0" y="0"/><a:ext cx="9" cy="9"/></p:xfrm><a:graphic><a:graphicData><a:tbl><a:tblPr>${style === '' ? '' : `<a:tableStyleId>${style}</a:tableStyleId>`}</a:tblPr><a:tr>${cell(fill)}</a:tr></a:tbl></a:graphicData></a:graphic></p:graphicFrame>`;

/** A slide in a design: a master with a background, a layout with a placeholder, a theme. */
async function read(shapes: string, design: Readonly<Record<string, string>> = {}) {
  const { master = '', layout = '', ofLayout = '', background = '' } = design;
  const part = (root: string, name: string, content: string, attributes = ''): ZipContent => ({
    name,
    content: `<p:${root} ${attributes}>${content}</p:${root}>`,
  });
  const parts: ZipContent[] = [
    makeRelations('ppt/slides/slide1.xml', { l: ['slideLayout', '../slideLayouts/l.xml'] }),
    makeRelations('ppt/slideLayouts/l.xml', { m: ['slideMaster', '../slideMasters/m.xml'] }),
    makeRelations('ppt/slideMasters/m.xml', { t: ['theme', '../theme/t.xml'] }),
    part('sldLayout', 'ppt/slideLayouts/l.xml', `<p:cSld><p:spTree>${layout}</p:spTree></p:cSld>`, ofLayout),
    part(
      'sldMaster',
      'ppt/slideMasters/m.xml',
      `<p:cSld><p:bg>${background || '<p:bgRef idx="1001"><a:schemeClr val="bg1"/></p:bgRef>'}</p:bg><p:spTree>${master}</p:spTree></p:cSld><p:clrMap bg1="lt1" tx1="dk1"/>`,
    ),
    {
      name: 'ppt/theme/t.xml',
      content:
        '<a:theme><a:themeElements><a:clrScheme><a:dk1><a:sysClr val="windowText" lastClr="000000"/></a:dk1><a:lt1><a:sysClr val="window" lastClr="FFFFFF"/></a:lt1><a:accent1><a:srgbClr val="4F81BD"/></a:accent1></a:clrScheme><a:fmtScheme><a:bgFillStyleLst><a:solidFill><a:schemeClr val="phClr"/></a:solidFill><a:gradFill/></a:bgFillStyleLst></a:fmtScheme></a:themeElements></a:theme>',
    },
  ];
  return parsePptx(makePptx([`${makeShape(['Seen.'], 'title')}${shapes}`], parts));
}

describe('visibleSlide', () => {
  it.each([
    ['a hidden shape', box({ isHidden: true }), true],
    [
      'a shape in a hidden group',
      `<p:grpSp><p:nvGrpSpPr><p:cNvPr hidden="true"/></p:nvGrpSpPr>${box({})}</p:grpSp>`,
      true,
    ],
    [
      'a hidden table',
      table('').replace('<p:xfrm>', '<p:nvGraphicFramePr><p:cNvPr hidden="1"/></p:nvGraphicFramePr><p:xfrm>'),
      true,
    ],
    ['a shape that says nothing', box({}), false],
    ['white', box({ look: white }), true],
    ['white by the scheme', box({ look: scheme('bg1') }), true],
    [
      'white by its list style',
      box({ styles: `<a:lvl1pPr><a:defRPr>${white}</a:defRPr></a:lvl1pPr>` }),
      true,
    ],
    [
      'black in a white list style',
      box({ look: rgb('000000'), styles: `<a:lvl1pPr><a:defRPr>${white}</a:defRPr></a:lvl1pPr>` }),
      false,
    ],
    ['a shade of white', box({ look: scheme('bg1', '<a:lumMod val="50000"/>') }), false],
    ['an accent', box({ look: scheme('accent1') }), false],
    ['transparent', box({ look: rgb('000000', '<a:alpha val="0"/>') }), true],
    ['without a filling', box({ look: '<a:noFill/>' }), true],
    [
      'without a filling but with an outline',
      box({ look: `<a:ln>${rgb('000000')}</a:ln><a:noFill/>` }),
      false,
    ],
    ['a speck', box({ attributes: 'sz="100"' }), true],
    ['small', box({ attributes: 'sz="600"' }), false],
    ['a white link', box({ look: `${white}<a:hlinkClick r:id="x"/>` }), false],
    [
      'white with a highlight',
      box({ look: `${white}<a:highlight><a:srgbClr val="000000"/></a:highlight>` }),
      false,
    ],
    ['white, said to be without effects', box({ look: `${white}<a:effectLst/>` }), true],
    ['white with a shadow', box({ look: `${white}<a:effectLst><a:outerShdw/></a:effectLst>` }), false],
    ['white in a dark shape', box({ look: white, properties: frame(0, 0) + rgb('000000') }), false],
    ['white in a white shape', box({ look: white, properties: frame(0, 0) + white }), true],
    [
      'white in a white shape through which one sees',
      box({ look: white, properties: frame(0, 0) + rgb('FFFFFF', '<a:alpha val="50000"/>') }),
      false,
    ],
    ['black in a black shape', box({ look: rgb('000000'), properties: frame(0, 0) + scheme('tx1') }), true],
    ['white in a gradient', box({ look: white, properties: `${frame(0, 0)}<a:gradFill/>` }), false],
    [
      'white in a shape that the theme fills',
      box({ look: white, style: '<p:style><a:fillRef idx="1"/></p:style>' }),
      false,
    ],
    [
      'white in a shape that is said not to be filled',
      box({
        look: white,
        properties: `${frame(0, 0)}<a:noFill/>`,
        style: '<p:style><a:fillRef idx="1"/></p:style>',
      }),
      true,
    ],
    ['white on a picture', picture(0, 0) + box({ look: white }), false],
    ['white beside a picture', picture(3_000_000, 0) + box({ look: white }), true],
    ['white below a picture', box({ look: white }) + picture(0, 0), true],
    [
      'white on a dark shape',
      box({ properties: frame(9, 9) + rgb('000000') }).replace('secret', '') + box({ look: white }),
      false,
    ],
    ['white over a shape without filling', makeShape([]) + box({ look: white }), true],
    [
      'white and turned, beside a picture',
      picture(3_000_000, 0) + box({ look: white, properties: frame(0, 0, 'rot="5400000"') }),
      false,
    ],
    [
      'white in a place that is not said, with a picture',
      picture(0, 0) + box({ look: white, properties: '' }),
      false,
    ],
    [
      'white on a picture in a group',
      `<p:grpSp><p:grpSpPr><a:xfrm><a:off x="5000000" y="0"/><a:ext cx="1000000" cy="1000000"/><a:chOff x="0" y="0"/><a:chExt cx="1000000" cy="1000000"/></a:xfrm></p:grpSpPr>${picture(0, 0)}</p:grpSp>${box({ look: white, properties: frame(5_000_000, 0) })}`,
      false,
    ],
    ['white in a table without a style', table(''), true],
    ['white in a table of the plain style', table('{2D5ABB26-0587-4C30-8999-92F81FD0307C}'), true],
    ['white in a table of another style', table('{5C22544A-7EE6-4342-B048-85BDC9FD1C3A}'), false],
    ['white in a dark cell', table('', rgb('000000')), false],
    ['white in a white cell of a style', table('{5C22544A-7EE6-4342-B048-85BDC9FD1C3A}', white), true],
  ])('reads text that is %s as a reader does', async (_, shapes, isHidden) => {
    const parsed = await read(shapes);
    expect(parsed.text).toContain('Seen.');
    expect(parsed.text.includes('secret')).toBe(!isHidden);
    expect(parsed.flags).toEqual(isHidden ? ['hidden_text'] : undefined);
  });

  const onPlaceholder = box({ look: white, properties: '', placeholder: '<p:ph type="body" idx="7"/>' });
  const model = (properties: string) => box({ properties, placeholder: '<p:ph type="body" idx="7"/>' });
  it.each([
    ['a dark background', { background: `<p:bgPr>${rgb('000000')}</p:bgPr>` }, false],
    [
      'a background that is a gradient',
      { background: '<p:bgRef idx="1002"><a:schemeClr val="bg1"/></p:bgRef>' },
      false,
    ],
    ['a picture of the master', { master: picture(0, 0) }, false],
    [
      'a picture of the master, which is not shown',
      { master: picture(0, 0), ofLayout: 'showMasterSp="0"' },
      true,
    ],
    ['a picture of the layout elsewhere', { layout: picture(4_000_000, 4_000_000) }, true],
    ['a line as thick as a bar', { layout: '<p:cxnSp><p:spPr><a:ln w="400000"/></p:spPr></p:cxnSp>' }, false],
  ])('reads white text on %s as a reader does', async (_, design, isHidden) => {
    const parsed = await read(box({ look: white }), design);
    expect(parsed.text.includes('secret')).toBe(!isHidden);
    expect(parsed.flags).toEqual(isHidden ? ['hidden_text'] : undefined);
  });

  it('takes place and filling of a placeholder from its layout', async () => {
    const dark = await read(onPlaceholder, { layout: model(frame(0, 0) + rgb('000000')) });
    expect(dark.text).toContain('secret');
    const away = await read(picture(4_000_000, 0) + onPlaceholder, { layout: model(frame(0, 0)) });
    expect(away.text).not.toContain('secret');
    const above = await read(picture(0, 0) + onPlaceholder, { layout: model(frame(0, 0)) });
    expect(above.text).toContain('secret');
  });

  it('keeps the rest of a paragraph, and a slide whose title is hidden', async () => {
    const shapes = `<p:sp><p:nvSpPr><p:cNvPr hidden="1"/><p:nvPr><p:ph type="title"/></p:nvPr></p:nvSpPr><p:txBody><a:p><a:r><a:t>Hidden title</a:t></a:r></a:p></p:txBody></p:sp><p:sp><p:txBody><a:p><a:r><a:t>Before </a:t></a:r><a:r><a:rPr>${white}</a:rPr><a:t>secret </a:t></a:r><a:r><a:t>after</a:t></a:r></a:p></p:txBody></p:sp>`;
    const parsed = await parsePptx(makePptx([shapes]));
    expect(parsed.text).toBe('Slide 1\n\nBefore after');
    expect(parsed.flags).toEqual(['hidden_text']);
  });

  it('notes that a hidden slide is left out where it has text', async () => {
    const slide = (show: string, content: string): ZipContent => ({
      name: 'ppt/slides/slide2.xml',
      content: `<p:sld show="${show}"><p:cSld><p:spTree>${content}</p:spTree></p:cSld></p:sld>`,
    });
    const flagsOf = async (hidden: ZipContent) =>
      (await parsePptx(makePptx([makeShape(['A'], 'title'), ''], [hidden]))).flags;
    expect(await flagsOf(slide('0', box({})))).toEqual(['hidden_text']);
    expect(await flagsOf(slide('false', box({})))).toEqual(['hidden_text']);
    expect(await flagsOf(slide('0', picture(0, 0)))).toBeUndefined();
    expect(await flagsOf(slide('1', box({})))).toBeUndefined();
  });
});
