import { isWhite, type OdfFamily, type OdfLook, type OdfStyles } from './odf-styles.ts';
import type { XmlElement } from './xml.ts';
import { childElements, descendants, textOf } from './xml-walk.ts';

/** One point: a speck. */
const unseenPoints = 1;
const shapes = new Set([
  ...[
    'frame',
    'custom-shape',
    'rect',
    'ellipse',
    'circle',
    'polygon',
    'regular-polygon',
    'polyline',
    'path',
    'line',
  ],
  ...['connector', 'measure', 'caption', 'control', 'page-thumbnail', 'scene', 'text-box'],
]);
const families: Readonly<Record<string, OdfFamily>> = {
  ...{ p: 'paragraph', h: 'paragraph', span: 'text', a: 'text', section: 'section' },
  ...{ table: 'table', 'table-row': 'table-row', 'table-cell': 'table-cell', page: 'drawing-page' },
};

export interface VisibleOdf {
  readonly body: XmlElement;
  readonly hidesText: boolean;
}

/** The look that holds at a place, and whether white cannot be seen there. */
interface Place {
  readonly look: OdfLook;
  readonly isWhite: boolean;
  /** What shapes lie on that are not filled. */
  readonly isWhiteBelow: boolean;
}

/**
 * Leaves out of a document what no reader sees: text and sections that are set as hidden, slides, sheets and shapes that
 * are not shown, specks, and white text where nothing gives it a ground. What lies below a shape without a filling is
 * known on slides only, and only where they hold nothing but text.
 */
export function visibleOdf(body: XmlElement, styles: OdfStyles): VisibleOdf {
  let hidesText = false;

  /** What stays of a child; undefined is nothing. */
  const kept = (child: XmlElement | string, place: Place): XmlElement | string | undefined => {
    if (typeof child === 'string') {
      if (!isUnseen(place)) return child;
      hidesText ||= /\S/.test(child);
      return undefined;
    }
    // Not text, or not written.
    if (/^(?:tracked-changes|forms|ruby-text|settings)$/.test(child.name)) return child;
    if (!isHidden(child, styles)) return walk(child, placeOf(child, place, styles));
    hidesText ||= /\S/.test(textOf(child));
    // The number of a slide counts those that are not shown.
    return child.name === 'page' ? { ...child, children: [] } : undefined;
  };

  /** Most of a document stays, and is not copied. */
  const walk = (element: XmlElement, place: Place): XmlElement => {
    const children: (XmlElement | string)[] = [];
    let isSame = true;
    for (const child of element.children) {
      const stays = kept(child, place);
      isSame &&= stays === child;
      if (stays !== undefined) children.push(stays);
    }
    return isSame ? element : { ...element, children };
  };

  const page: Place = { look: styles.defaults, isWhite: styles.isPageWhite, isWhiteBelow: false };
  return { body: walk(body, page), hidesText };
}

function isUnseen({ look, isWhite: isOnWhite }: Place): boolean {
  if (look.isVanished === true) return true;
  if (look.size !== undefined && look.size <= unseenPoints) return true;
  return isOnWhite && isWhite(look.color) && look.isOutlined !== true;
}

function isHidden(element: XmlElement, styles: OdfStyles): boolean {
  const { attributes, name } = element;
  const style = attributes['style-name'];
  if (name === 'hidden-text') return attributes['is-hidden'] === 'true';
  if (name === 'section') return attributes.display === 'none' || attributes['is-hidden'] === 'true';
  if (name === 'table') return styles.isHidden('table', style);
  if (name === 'page') return styles.isHidden('drawing-page', style);
  if (name === 'p' || name === 'h') return hidesParagraph(element);
  return (shapes.has(name) || name === 'g') && attributes.display === 'none';
}

/** A mark inside a paragraph hides all of it; those of notes and boxes inside are their own. */
function hidesParagraph(paragraph: XmlElement): boolean {
  return childElements(paragraph).some((child) => {
    if (child.name === 'hidden-paragraph') return child.attributes['is-hidden'] === 'true';
    return (child.name === 'span' || child.name === 'a') && hidesParagraph(child);
  });
}

function placeOf(element: XmlElement, place: Place, styles: OdfStyles): Place {
  const { name, attributes } = element;
  const style = attributes['style-name'];
  // Comments and speaker's notes are read beside the page.
  if (name === 'annotation' || name === 'notes') return { look: {}, isWhite: false, isWhiteBelow: false };
  if (name === 'note-body')
    return { look: styles.defaults, isWhite: styles.isPageWhite, isWhiteBelow: false };
  if (name === 'page') {
    const isPlain = isPlainSlide(element, styles);
    return { look: styles.defaults, isWhite: isPlain, isWhiteBelow: isPlain };
  }
  if (shapes.has(name)) {
    // A box stands in a frame, which has the style.
    if (style === undefined) return name === 'text-box' ? place : { ...place, isWhite: false };
    const look = { ...styles.look('graphic', style), ...styles.look('presentation', style) };
    const isOnWhite = look.ground === 'white' || (look.ground === 'below' && place.isWhiteBelow);
    return inside(
      place,
      attributes['text-style-name'] === undefined
        ? look
        : { ...look, ...withoutGround(styles.look('paragraph', attributes['text-style-name'])) },
      isOnWhite,
    );
  }
  const family = families[name];
  if (family === undefined) return place;
  // A sheet's cells may be given a ground by conditions.
  if (childElements(element, 'conditional-formats').length > 0) return { ...place, isWhite: false };
  const look = styles.look(family, style);
  const isOnWhite =
    look.ground === undefined || look.ground === 'below' ? place.isWhite : look.ground === 'white';
  return inside(place, look, isOnWhite);
}

function inside(place: Place, look: OdfLook, isOnWhite: boolean): Place {
  if (isOnWhite === place.isWhite && Object.keys(look).every((name) => name === 'ground')) return place;
  return { ...place, look: { ...place.look, ...withoutGround(look) }, isWhite: isOnWhite };
}

function withoutGround({ ground: _, ...look }: OdfLook): OdfLook {
  return look;
}

/** Whether a slide and its master are white and hold nothing but text without a filling. */
function isPlainSlide(slide: XmlElement, styles: OdfStyles): boolean {
  const master = styles.masterOf(slide.attributes['master-page-name']);
  const own = styles.look('drawing-page', slide.attributes['style-name']).ground;
  const ofMaster = styles.masterLook('drawing-page', master?.attributes['style-name']).ground;
  const isWhitePaper = own === undefined || own === 'below' ? ofMaster !== 'other' : own === 'white';
  const isPlain = (page: XmlElement, look: OdfStyles['look']) =>
    descendants(
      { ...page, children: childElements(page).filter(({ name }) => name !== 'notes') },
      ...shapes,
    ).every((shape) => {
      if (shape.attributes.placeholder === 'true' && page !== slide) return true;
      const { 'style-name': style } = shape.attributes;
      const { ground } = { ...look('graphic', style), ...look('presentation', style) };
      const holdsText =
        shape.name !== 'frame' || childElements(shape).every(({ name }) => name === 'text-box');
      return holdsText && ground !== undefined && ground !== 'other';
    });
  return (
    isWhitePaper &&
    isPlain(slide, styles.look) &&
    (master === undefined || isPlain(master, styles.masterLook))
  );
}
