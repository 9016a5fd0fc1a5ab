import type { XmlElement } from './xml.ts';
import { childElements, elementAt } from './xml-walk.ts';

/** A rectangle of a slide in EMU, or what may be anywhere. */
export type Area = Rectangle | 'anywhere';

interface Rectangle {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** How the coordinates inside a group become those of the slide. */
export type Place = (rectangle: Rectangle) => Rectangle;

export const onSlide: Place = (rectangle) => rectangle;

/** Text may run over the edge of its shape by about as much, half an inch. */
const margin = 457_200;
/** Lines that are thicker, 6 points, may be a bar behind text. */
const barWidth = 76_200;

/** Whether something may lie below text in this area. */
export function mayLieBelow(ground: Area, text: Area): boolean {
  if (ground === 'anywhere' || text === 'anywhere') return true;
  return (
    ground.left < text.right + margin &&
    ground.right > text.left - margin &&
    ground.top < text.bottom + margin &&
    ground.bottom > text.top - margin
  );
}

/** Whether a shape says itself where it stands. */
export function hasFrame(shape: XmlElement): boolean {
  return frameOf(shape) !== undefined;
}

/** Where a shape stands; one that is turned, or says nothing, may be anywhere. */
export function areaOf(shape: XmlElement, place: Place): Area {
  const frame = frameOf(shape);
  const rectangle = rectangleOf(frame, 'off', 'ext');
  const isTurned = !/^0?$/.test(frame?.attributes.rot ?? '');
  return rectangle === undefined || isTurned ? 'anywhere' : place(rectangle);
}

/** How a group places what it holds. */
export function placeOf(group: XmlElement, outer: Place): Place {
  const frame = elementAt(group, 'grpSpPr', 'xfrm');
  const own = rectangleOf(frame, 'off', 'ext');
  const inner = rectangleOf(frame, 'chOff', 'chExt');
  // One that says nothing takes the place of what it holds.
  if (own === undefined || inner === undefined) return outer;
  const across = (own.right - own.left) / (inner.right - inner.left || 1);
  const down = (own.bottom - own.top) / (inner.bottom - inner.top || 1);
  return ({ left, top, right, bottom }) =>
    outer({
      left: own.left + (left - inner.left) * across,
      top: own.top + (top - inner.top) * down,
      right: own.left + (right - inner.left) * across,
      bottom: own.top + (bottom - inner.top) * down,
    });
}

/** What the shapes of a layout or master put behind those of a slide: all but placeholders, which slides fill. */
export function groundsOf(tree: XmlElement | undefined, place = onSlide): Area[] {
  return childElements(tree).flatMap((shape) => {
    if (shape.name === 'grpSp') return groundsOf(shape, placeOf(shape, place));
    if (/^(?:nvGrpSpPr|grpSpPr|extLst)$/.test(shape.name) || isHiddenShape(shape)) return [];
    if (elementAt(shape, 'nvSpPr', 'nvPr', 'ph') !== undefined) return [];
    return isGround(shape) ? [isBar(shape) ? 'anywhere' : areaOf(shape, place)] : [];
  });
}

/** Whether a shape may show something behind text above it; `fill` is its own or what it takes after. */
export function isGround(shape: XmlElement, fill = fillOf(shape)): boolean {
  if (shape.name !== 'sp' && shape.name !== 'cxnSp') return true;
  if (isBar(shape)) return true;
  return fill === undefined ? isStyled(shape) : fill.name !== 'noFill';
}

export function isBar(shape: XmlElement): boolean {
  return Number(elementAt(shape, 'spPr', 'ln')?.attributes.w ?? 0) > barWidth;
}

/** The filling that a shape says itself. */
export function fillOf(shape: XmlElement): XmlElement | undefined {
  return childElements(elementAt(shape, 'spPr')).find(({ name }) =>
    /^(?:no|solid|grad|blip|patt|grp)Fill$/.test(name),
  );
}

/** Whether the theme fills a shape that says nothing itself. */
export function isStyled(shape: XmlElement): boolean {
  return Number(elementAt(shape, 'style', 'fillRef')?.attributes.idx ?? 0) !== 0;
}

/** Whether a shape is set not to be shown. */
export function isHiddenShape(shape: XmlElement): boolean {
  const named = childElements(shape).find(({ name }) => name.startsWith('nv'));
  return /^(?:1|true)$/.test(elementAt(named, 'cNvPr')?.attributes.hidden ?? '');
}

function frameOf(shape: XmlElement): XmlElement | undefined {
  return elementAt(shape, 'xfrm') ?? elementAt(shape, 'spPr', 'xfrm');
}

function rectangleOf(frame: XmlElement | undefined, corner: string, extent: string): Rectangle | undefined {
  const { x, y } = elementAt(frame, corner)?.attributes ?? {};
  const { cx, cy } = elementAt(frame, extent)?.attributes ?? {};
  const [left, top, width, height] = [x, y, cx, cy].map(Number) as [number, number, number, number];
  const rectangle = { left, top, right: left + width, bottom: top + height };
  return Object.values(rectangle).every(Number.isFinite) ? rectangle : undefined;
}
