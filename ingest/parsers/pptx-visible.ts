import {
  type Area,
  areaOf,
  fillOf,
  hasFrame,
  isBar,
  isGround,
  isHiddenShape,
  isStyled,
  mayLieBelow,
  onSlide,
  type Place,
  placeOf,
} from './pptx-grounds.ts';
import type { SlidePage } from './pptx-page.ts';
import type { XmlElement } from './xml.ts';
import { childElements, descendants, elementAt, textOf } from './xml-walk.ts';

/** Hundredths of a point: a speck. */
const unseenSize = 100;
/** Slides with more are not looked at so closely, and what may lie on them is taken to be seen. */
const maxGrounds = 1_000;
/** The table styles that give no cell a ground: "No Style, No Grid" and "No Style, Table Grid". */
const plainTables = new Set([
  '{2D5ABB26-0587-4C30-8999-92F81FD0307C}',
  '{5940675A-B579-460E-94D1-54222C63F5DA}',
]);

export interface VisibleSlide {
  /** The tree of shapes without those that are hidden and text that no reader sees. */
  readonly tree: XmlElement;
  readonly hidesText: boolean;
}

/**
 * Leaves out of a slide what no reader sees: shapes that are set as hidden; text that is transparent, a speck, or of the
 * colour of what certainly stands behind it. Colours are those that the slide itself says, and not those of its layout.
 */
export function visibleSlide(tree: XmlElement, page: SlidePage): VisibleSlide {
  const below: Area[] = [...page.grounds];
  let hidesText = false;

  /** The colour behind what lies on the slide at this place. */
  const behind = (area: Area): string | undefined => {
    const isCovered = below.length > maxGrounds || below.some((ground) => mayLieBelow(ground, area));
    return isCovered ? undefined : page.background;
  };

  const shapesOf = (parent: XmlElement, place: Place): XmlElement => ({
    ...parent,
    children: parent.children.flatMap((shape): readonly (XmlElement | string)[] => {
      if (typeof shape === 'string') return [shape];
      if (isHiddenShape(shape)) {
        hidesText ||= holdsText(shape);
        return [];
      }
      return [shapeOf(shape, place)];
    }),
  });

  const shapeOf = (shape: XmlElement, place: Place): XmlElement => {
    if (shape.name === 'grpSp') return shapesOf(shape, placeOf(shape, place));
    if (shape.name === 'AlternateContent' || shape.name === 'Choice') return shapesOf(shape, place);
    if (/^(?:nvGrpSpPr|grpSpPr|Fallback|extLst)$/.test(shape.name)) return shape;
    const models = page.modelsOf(shape);
    const fill = [shape, ...models].map(fillOf).find((one) => one !== undefined);
    const placed = [shape, ...models].find(hasFrame);
    const area = placed === undefined ? 'anywhere' : areaOf(placed, place);
    const ground = (): string | undefined => {
      if (fill === undefined ? isStyled(shape) : !/^(?:no|solid)Fill$/.test(fill.name)) return undefined;
      const own = fill?.name === 'solidFill' ? page.colorOf(fill) : 'none';
      if (own === 'none') return behind(area);
      // What lies below shows through.
      return descendants(fill, 'alpha').length > 0 ? undefined : own;
    };
    const kept = shape.name === 'graphicFrame' ? tablesOf(shape, () => behind(area)) : bodyOf(shape, ground);
    if (isGround(shape, fill)) below.push(isBar(shape) ? 'anywhere' : area);
    return kept;
  };

  /** A shape or cell whose text is read on this ground. */
  const bodyOf = (holder: XmlElement, ground: () => string | undefined): XmlElement =>
    replaced(holder, 'txBody', (body) => {
      const styles = elementAt(body, 'lstStyle');
      return replaced(body, 'p', (paragraph) => {
        const level = Number(elementAt(paragraph, 'pPr')?.attributes.lvl ?? 0) + 1;
        const style = elementAt(styles, `lvl${level}pPr`, 'defRPr');
        const children = paragraph.children.filter((run) => {
          if (typeof run === 'string' || (run.name !== 'r' && run.name !== 'fld')) return true;
          if (!isUnseen([elementAt(run, 'rPr'), style], page, ground)) return true;
          hidesText ||= holdsText(run);
          return false;
        });
        return { ...paragraph, children };
      });
    });

  const tablesOf = (frame: XmlElement, ground: () => string | undefined): XmlElement =>
    replaced(frame, 'graphic', (graphic) =>
      replaced(graphic, 'graphicData', (data) =>
        replaced(data, 'tbl', (table) => {
          const properties = elementAt(table, 'tblPr');
          const style = textOf(elementAt(properties, 'tableStyleId')).trim();
          const isPlain =
            (style === '' || plainTables.has(style.toUpperCase())) &&
            !childElements(properties).some(({ name }) =>
              /^(?:solid|grad|blip|patt|grp)Fill$|^effect/.test(name),
            );
          return replaced(table, 'tr', (row) =>
            replaced(row, 'tc', (cell) =>
              bodyOf(cell, () => {
                const fill = childElements(elementAt(cell, 'tcPr')).find(({ name }) => name.endsWith('Fill'));
                if (fill?.name === 'solidFill') return page.colorOf(fill);
                return fill?.name === 'noFill' || (fill === undefined && isPlain) ? ground() : undefined;
              }),
            ),
          );
        }),
      ),
    );

  return { tree: shapesOf(tree, onSlide), hidesText };
}

/** Whether a shape, run or slide holds text, or a chart or diagram, which do in parts of their own. */
export function holdsText(element: XmlElement | undefined): boolean {
  if (descendants(element, 'chart', 'relIds').length > 0) return true;
  return descendants(element, 't').some((text) => /\S/.test(textOf(text)));
}

/** @param looks properties of text, those that hold first */
function isUnseen(
  looks: readonly (XmlElement | undefined)[],
  page: SlidePage,
  ground: () => string | undefined,
): boolean {
  const said = (name: RegExp) =>
    looks
      .map((look) => childElements(look).find((property) => name.test(property.name)))
      .find((one) => one !== undefined);
  const size = looks.map((look) => look?.attributes.sz).find((one) => one !== undefined);
  if (size !== undefined && Number(size) <= unseenSize) return true;
  // A link has a colour of its own; outlines, highlights and shadows are seen whatever the colour.
  if (said(/^(?:hlinkClick|highlight)$/) !== undefined) return false;
  if (childElements(said(/^effect(?:Lst|Dag)$/)).length > 0) return false;
  const line = said(/^ln$/);
  if (line !== undefined && elementAt(line, 'noFill') === undefined) return false;
  const fill = said(/^(?:no|solid|grad|blip|patt|grp)Fill$/);
  if (fill?.name === 'noFill') return true;
  const color = fill?.name === 'solidFill' ? page.colorOf(fill) : undefined;
  return color === 'none' || (color !== undefined && color === ground());
}

function replaced(parent: XmlElement, name: string, replace: (child: XmlElement) => XmlElement): XmlElement {
  return {
    ...parent,
    children: parent.children.map((child) =>
      typeof child !== 'string' && child.name === name ? replace(child) : child,
    ),
  };
}
