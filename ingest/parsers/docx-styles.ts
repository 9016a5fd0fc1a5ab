import type { XmlElement } from './xml.ts';
import { childElements, descendants, elementAt } from './xml-walk.ts';

/** What decides whether text is seen, as far as a style or a run says it. */
export interface WordLook {
  readonly isVanished?: boolean;
  /** RGB in hexadecimal, or `auto`. */
  readonly color?: string;
  /** In half points. */
  readonly size?: number;
  /** Shading or a highlight behind the text. */
  readonly hasGround?: boolean;
}

export interface WordStyles {
  /** What holds where nothing else is said. */
  readonly defaults: WordLook;
  /** The style of paragraphs that name none. */
  readonly paragraph: string | undefined;
  /** Looks by the id of a style, those of the styles that it is based on included. */
  readonly looks: ReadonlyMap<string, WordLook>;
  /** The style of tables that name none. */
  readonly table: string | undefined;
  /** Ids of the styles of tables that give some of their cells a ground, those based on them included. */
  readonly groundedTables: ReadonlySet<string>;
}

const maxBases = 20;
/** One point: a speck. */
const unseenHalfPoints = 2;

/** Reads the looks of the styles part; undefined is a document without one. */
export function readWordStyles(styles: XmlElement | undefined): WordStyles {
  let paragraph: string | undefined;
  let table: string | undefined;
  const given = new Map<string, GivenStyle>();
  for (const style of childElements(styles, 'style')) {
    const id = style.attributes.styleId;
    if (id === undefined) continue;
    const { type, default: isDefault = '' } = style.attributes;
    if (/^(?:1|true|on)$/i.test(isDefault)) {
      if (type === 'paragraph') paragraph = id;
      if (type === 'table') table = id;
    }
    const look = {
      ...lookOf(elementAt(style, 'pPr')),
      ...lookOf(elementAt(style, 'rPr')),
    };
    const hasGround =
      type === 'table' &&
      descendants(style, 'shd').some(({ name, attributes }) => lookOfProperty(name, attributes).hasGround);
    given.set(id, { look, hasGround, base: elementAt(style, 'basedOn')?.attributes.val });
  }
  const looks = new Map<string, WordLook>();
  const groundedTables = new Set<string>();
  for (const id of given.keys()) {
    let look: WordLook = {};
    let next: string | undefined = id;
    for (let bases = 0; next !== undefined && bases < maxBases; bases++) {
      const style = given.get(next);
      look = { ...style?.look, ...look };
      if (style?.hasGround) groundedTables.add(id);
      next = style?.base;
    }
    looks.set(id, look);
  }
  const defaults = lookOf(elementAt(styles, 'docDefaults', 'rPrDefault', 'rPr'));
  return { defaults, paragraph, looks, table, groundedTables };
}

interface GivenStyle {
  readonly look: WordLook;
  readonly hasGround: boolean;
  readonly base: string | undefined;
}

/** The look that one property of text or of a paragraph gives; by ECMA-376 part 1, 17.3. */
export function lookOfProperty(name: string, attributes: Readonly<Record<string, string>>): WordLook {
  const { val = '', fill = '' } = attributes;
  switch (name) {
    case 'vanish':
      return { isVanished: !/^(?:0|false|off)$/i.test(val) };
    case 'color':
      return { color: val };
    case 'sz':
      return /^\d+$/.test(val) ? { size: Number(val) } : {};
    case 'highlight':
      return { hasGround: val !== 'none' };
    case 'shd':
      return { hasGround: !/^(?:auto|f{6}|)$/i.test(fill) || !/^(?:clear|nil|)$/.test(val) };
    default:
      return {};
  }
}

/** Whether no reader sees text of this look, on a page that is white where nothing gives it another ground. */
export function isUnseen(look: WordLook, isOnPage: boolean): boolean {
  if (look.isVanished === true) return true;
  if (look.size !== undefined && look.size <= unseenHalfPoints) return true;
  return isOnPage && look.hasGround !== true && /^f{6}$/i.test(look.color ?? '');
}

function lookOf(properties: XmlElement | undefined): WordLook {
  const look: WordLook = {};
  for (const { name, attributes } of childElements(properties)) {
    Object.assign(look, lookOfProperty(name, attributes));
  }
  return look;
}
