import type { XmlElement } from './xml.ts';
import { childElements, descendants, elementAt } from './xml-walk.ts';

/** What decides whether text is seen, as far as styles say it; by ODF 1.3 part 3, 16 and 20. */
export interface OdfLook {
  readonly isVanished?: boolean;
  /** `#rrggbb` in small letters, or `auto`. */
  readonly color?: string;
  /** Seen by an outline or a shadow, whatever the colour. */
  readonly isOutlined?: boolean;
  /** In points. */
  readonly size?: number;
  /** What stands behind the text: `below` is what stands behind all of it. */
  readonly ground?: 'white' | 'other' | 'below';
}

export type OdfFamily =
  | 'text'
  | 'paragraph'
  | 'section'
  | 'table'
  | 'table-row'
  | 'table-cell'
  | 'graphic'
  | 'presentation'
  | 'drawing-page';

export interface OdfStyles {
  /** Of text that names no style. */
  readonly defaults: OdfLook;
  /** Of a style with those that it is based on; empty where there is none of this name. */
  look(family: OdfFamily, name: string | undefined): OdfLook;
  /** Whether nothing but white paper stands behind a text. */
  readonly isPageWhite: boolean;
  /** Whether a sheet or slide of this style is not shown. */
  isHidden(family: 'table' | 'drawing-page', name: string | undefined): boolean;
  /** Of presentations: what a slide takes after, by name. */
  masterOf(name: string | undefined): XmlElement | undefined;
  /** As `look`, for what stands in a master. */
  masterLook(family: OdfFamily, name: string | undefined): OdfLook;
}

type Attributes = Readonly<Record<string, string>>;
/** Attributes of a style's properties, by the name of their element. */
type Properties = Readonly<Record<string, Attributes>>;

const maxBases = 20;
const pointsOf: Readonly<Record<string, number>> = {
  pt: 1,
  in: 72,
  cm: 28.346,
  mm: 2.8346,
  pc: 12,
  px: 0.75,
};

/** Reads the styles of `content.xml` and `styles.xml`. */
export function readOdfStyles(content: XmlElement | undefined, styles: XmlElement | undefined): OdfStyles {
  const common = childElements(elementAt(styles, 'styles'), 'style');
  const own = childElements(elementAt(content, 'automatic-styles'), 'style');
  const ofMasters = childElements(elementAt(styles, 'automatic-styles'), 'style');
  const ownStyle = createLookup([...common, ...own]);
  const masterStyle = createLookup([...common, ...ofMasters]);
  const defaults = childElements(elementAt(styles, 'styles'), 'default-style').find(
    ({ attributes }) => attributes.family === 'paragraph',
  );
  const papers = descendants(styles, 'page-layout-properties').map((paper) =>
    groundOf(propertiesOf({ ...paper, children: [paper] })),
  );
  // Pictures may lie behind the text too.
  const liesBehind = descendants(elementAt(content, 'automatic-styles'), 'graphic-properties').some(
    ({ attributes }) => attributes['run-through'] === 'background',
  );
  const masters = new Map(
    childElements(elementAt(styles, 'master-styles'), 'master-page').map((master) => [
      master.attributes.name,
      master,
    ]),
  );
  return {
    defaults: defaults === undefined ? {} : lookOf(propertiesOf(defaults)),
    look: (family, name) => ownStyle(family, name).look,
    isPageWhite: !liesBehind && papers.every((paper) => paper !== 'other'),
    isHidden(family, name) {
      const { properties } = ownStyle(family, name);
      return family === 'table'
        ? properties['table-properties']?.display === 'false'
        : properties['drawing-page-properties']?.visibility === 'hidden';
    },
    masterOf: (name) => masters.get(name),
    masterLook: (family, name) => masterStyle(family, name).look,
  };
}

/** A style with those that it is based on. */
interface ReadStyle {
  readonly properties: Properties;
  readonly look: OdfLook;
}

const unnamed: ReadStyle = { properties: {}, look: {} };

/** Styles by family and name; later ones take the place of earlier ones. */
function createLookup(styles: readonly XmlElement[]) {
  const given = new Map(
    styles.map((style) => [`${style.attributes.family} ${style.attributes.name}`, style]),
  );
  const read = new Map<string, ReadStyle>();
  return (family: OdfFamily, name: string | undefined): ReadStyle => {
    if (name === undefined) return unnamed;
    const key = `${family} ${name}`;
    const held = read.get(key);
    if (held !== undefined) return held;
    const chain: XmlElement[] = [];
    let next = given.get(key);
    while (next !== undefined && chain.length < maxBases) {
      chain.unshift(next);
      next = given.get(`${family} ${next.attributes['parent-style-name']}`);
    }
    const properties = chain.map(propertiesOf).reduce(merge, {});
    const style = { properties, look: lookOf(properties) };
    read.set(key, style);
    return style;
  };
}

function propertiesOf(style: XmlElement): Properties {
  return Object.fromEntries(
    childElements(style).map(({ name, attributes, children }) => [
      name,
      childElements({ name, attributes, children }, 'background-image').some(
        (image) => image.attributes.href !== undefined,
      )
        ? { ...attributes, 'background-image': 'yes' }
        : attributes,
    ]),
  );
}

function merge(base: Properties, next: Properties): Properties {
  const merged: Record<string, Attributes> = { ...base };
  for (const [name, attributes] of Object.entries(next)) {
    const { 'use-window-font-color': _, ...rest } = merged[name] ?? {};
    merged[name] =
      attributes.color === undefined ? { ...merged[name], ...attributes } : { ...rest, ...attributes };
  }
  return merged;
}

function lookOf(properties: Properties): OdfLook {
  const text = properties['text-properties'] ?? {};
  const isAutomatic = text['use-window-font-color'] === 'true';
  const color = isAutomatic ? 'auto' : text.color?.toLowerCase();
  const [, number, unit = ''] = /^([\d.]+)(pt|in|cm|mm|pc|px)$/.exec(text['font-size'] ?? '') ?? [];
  const ground = groundOf(properties);
  const { 'text-outline': outline, 'text-shadow': shadow } = text;
  return {
    ...((outline ?? shadow) !== undefined && {
      isOutlined: outline === 'true' || (shadow !== undefined && shadow !== 'none'),
    }),
    ...(text.display !== undefined && { isVanished: text.display === 'none' }),
    ...(color !== undefined && { color }),
    ...(number !== undefined && { size: Number(number) * pointsOf[unit]! }),
    ...(ground !== undefined && { ground }),
  };
}

/** Fillings and backgrounds, those of text before those around it. */
function groundOf(properties: Properties): OdfLook['ground'] {
  // A style with conditions can be any other.
  if (properties.map !== undefined) return 'other';
  let found: OdfLook['ground'];
  for (const [name, attributes] of Object.entries(properties)) {
    const { fill, 'fill-color': fillColor = '', opacity = '100%', 'background-color': color } = attributes;
    if (attributes['background-image'] !== undefined) return 'other';
    if (!/^0%$|^$/.test(attributes['background-transparency'] ?? '')) return 'other';
    const isFilled = name !== 'text-properties' && fill !== undefined && fill !== 'none';
    if (isFilled && (fill !== 'solid' || opacity !== '100%' || !isWhite(fillColor))) return 'other';
    if (color !== undefined && color !== 'transparent' && !isWhite(color)) return 'other';
    if (isFilled || isWhite(color)) found = 'white';
    else if (color !== undefined || fill === 'none') found ??= 'below';
  }
  return found;
}

export function isWhite(color: string | undefined): boolean {
  return /^(?:#fff(?:fff)?|white)$/i.test(color ?? '');
}
