import { readPart, readRelations } from './ooxml-package.ts';
import { type Area, groundsOf } from './pptx-grounds.ts';
import type { XmlElement } from './xml.ts';
import { childElements, descendants, elementAt } from './xml-walk.ts';
import type { ZipReader } from './zip-reader.ts';

/** What stands behind the shapes of a slide, by ECMA-376 part 1, 19.3.1 and 20.1.2.3. */
export interface SlidePage {
  /** RGB in hexadecimal, capitals; undefined where it is a picture, a gradient or not known. */
  readonly background: string | undefined;
  /** What the slide's layout and master put on it. */
  readonly grounds: readonly Area[];
  /** The shapes of layout and master that a placeholder takes after, nearest first. */
  modelsOf(shape: XmlElement): XmlElement[];
  /** RGB in hexadecimal, capitals, of a filling with one colour; `none` for a transparent one; undefined where not known. */
  colorOf(solidFill: XmlElement | undefined): string | undefined;
}

/** Reads the page of each slide; what slides share is read once. */
export function createPageReader(zip: ZipReader): (slide: XmlElement, part: string) => Promise<SlidePage> {
  const read = new Map<
    string,
    Promise<{ root: XmlElement | undefined; below: (type: string) => string | undefined }>
  >();
  const readOnce = (part: string) => {
    const held = read.get(part);
    if (held !== undefined) return held;
    const reading = (async () => {
      const relations = await readRelations(zip, part);
      const below = (type: string) => relations.find((relation) => relation.type === type)?.target;
      return { root: await readPart(zip, part), below };
    })();
    read.set(part, reading);
    return reading;
  };

  return async (slide, part) => {
    const relations = await readRelations(zip, part);
    const layoutPart = relations.find(({ type }) => type === 'slideLayout')?.target;
    const layout = layoutPart === undefined ? undefined : await readOnce(layoutPart);
    const masterPart = layout?.below('slideMaster');
    const master = masterPart === undefined ? undefined : await readOnce(masterPart);
    const themePart = master?.below('theme');
    // Colours that a slide or layout puts in the theme's place are not looked up.
    const isOverridden =
      relations.some(({ type }) => type === 'themeOverride') || layout?.below('themeOverride') !== undefined;
    const theme = themePart === undefined || isOverridden ? undefined : (await readOnce(themePart)).root;
    return pageOf(slide, layout?.root, master?.root, theme);
  };
}

function pageOf(
  slide: XmlElement,
  layout: XmlElement | undefined,
  master: XmlElement | undefined,
  theme: XmlElement | undefined,
): SlidePage {
  const colorOf = createColorOf([slide, layout, master], theme);
  const [ofLayout, ofMaster] = [placeholdersOf(layout), placeholdersOf(master)];
  const shows = (part: XmlElement | undefined) => !/^(?:0|false)$/.test(part?.attributes.showMasterSp ?? '');
  const behind = [shows(slide) && shows(layout) ? master : undefined, shows(slide) ? layout : undefined];
  return {
    background: backgroundOf([slide, layout, master], theme, colorOf),
    grounds: behind.flatMap((part) => groundsOf(elementAt(part, 'cSld', 'spTree'))),
    modelsOf(shape) {
      const wanted = placeholderOf(shape);
      if (wanted === undefined) return [];
      const ofKind = (shapes: readonly XmlElement[]) =>
        shapes.find((model) => kindOf(placeholderOf(model)!) === kindOf(wanted));
      const { idx } = wanted.attributes;
      const numbered = ofLayout.find(
        (model) => idx !== undefined && placeholderOf(model)!.attributes.idx === idx,
      );
      return [numbered ?? ofKind(ofLayout), ofKind(ofMaster)].filter((model) => model !== undefined);
    },
    colorOf,
  };
}

function placeholdersOf(part: XmlElement | undefined): XmlElement[] {
  const shapes = descendants(elementAt(part, 'cSld', 'spTree'), 'sp');
  return shapes.filter((shape) => placeholderOf(shape) !== undefined);
}

function placeholderOf(shape: XmlElement): XmlElement | undefined {
  return elementAt(shape, 'nvSpPr', 'nvPr', 'ph');
}

/** Masters have one title and one body; layouts number what they hold beside them. */
function kindOf({ attributes: { type = 'body' } }: XmlElement): string {
  if (type === 'ctrTitle') return 'title';
  return type === 'obj' || type === 'subTitle' ? 'body' : type;
}

/** The background that is said nearest to the slide; a page without any is white. */
function backgroundOf(
  parts: readonly (XmlElement | undefined)[],
  theme: XmlElement | undefined,
  colorOf: SlidePage['colorOf'],
): string | undefined {
  const background = parts.map((part) => elementAt(part, 'cSld', 'bg')).find((one) => one !== undefined);
  if (background === undefined) return 'FFFFFF';
  const own = elementAt(background, 'bgPr', 'solidFill');
  if (own !== undefined) return colorOf(own);
  const style = elementAt(background, 'bgRef');
  const filling = childElements(elementAt(theme, 'themeElements', 'fmtScheme', 'bgFillStyleLst'))[
    Number(style?.attributes.idx) - 1001
  ];
  const [color] = childElements(filling);
  const isPlain = filling?.name === 'solidFill' && color?.attributes.val === 'phClr';
  return isPlain && childElements(color).length === 0 ? colorOf(style) : undefined;
}

function createColorOf(
  parts: readonly (XmlElement | undefined)[],
  theme: XmlElement | undefined,
): SlidePage['colorOf'] {
  const override = parts
    .map((part) => elementAt(part, 'clrMapOvr', 'overrideClrMapping'))
    .find((mapping) => mapping !== undefined);
  const names = (override ?? elementAt(parts.at(-1), 'clrMap'))?.attributes ?? {};
  const scheme = elementAt(theme, 'themeElements', 'clrScheme');
  const rgbOf = (color: XmlElement | undefined): string | undefined => {
    const { val = '', lastClr } = color?.attributes ?? {};
    if (color?.name === 'srgbClr') return val.toUpperCase();
    if (color?.name === 'sysClr') return lastClr?.toUpperCase();
    if (color?.name === 'prstClr') return { white: 'FFFFFF', black: '000000' }[val];
    if (color?.name !== 'schemeClr') return undefined;
    const [own] = childElements(elementAt(scheme, names[val] ?? val));
    return own?.name === 'schemeClr' ? undefined : rgbOf(own);
  };
  return (solidFill) => {
    const [color] = childElements(solidFill);
    const changes = childElements(color);
    if (changes.some(({ name, attributes }) => name === 'alpha' && /^0(?:%|$)/.test(attributes.val ?? '')))
      return 'none';
    return changes.every(({ name }) => name === 'alpha') ? rgbOf(color) : undefined;
  };
}
