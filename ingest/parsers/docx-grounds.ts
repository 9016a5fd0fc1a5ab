import { lookOfProperty, type WordStyles } from './docx-styles.ts';

/** What stands behind the text at one place of a Word document, while the document is read. */
export interface WordGrounds {
  /** Whether white text cannot be seen here. */
  readonly isWhite: boolean;
  /** Whether something of what was read so far may lie behind the text of pages. */
  readonly isOverPicture: boolean;
  /**
   * @param name without prefix where the element is Word's own, else with it
   * @param within Word's own element that holds it
   * @param attributes without prefixes
   */
  open(name: string, within: string | undefined, attributes: Readonly<Record<string, string>>): void;
  /** Notes an element that is not kept, all names as they are written. */
  openDropped(name: string, attributes: Readonly<Record<string, string>>): void;
  /** Ends an element that was opened under this name. */
  close(name: string): void;
}

const holders = new Set(['tbl', 'tr', 'tc', 'txbxContent']);
const shape = /:(?:shape|rect|roundrect|oval|polyline|line|arc|curve)$/;
const whiteFill = /^\s*(?:white|window|#fff(?:fff)?)\s*(?:\[.*\]\s*)?$/i;

/**
 * Page, tables and text boxes are white until something says otherwise: shading of tables, rows and cells, a table's
 * style, the filling of a shape. What lies below a shape that is not filled is not known, so that white may be seen there.
 */
export function createWordGrounds(styles: WordStyles): WordGrounds {
  /** Of what is open, innermost last. */
  const whites = [true];
  const shapes: boolean[] = [];
  let isOverPicture = false;

  const say = (isWhite: boolean): void => {
    whites[whites.length - 1] = isWhite;
  };

  const sayStyle = (style: string | undefined): void => {
    if (style !== undefined && styles.groundedTables.has(style)) say(false);
  };

  return {
    get isWhite() {
      return whites.at(-1)!;
    },
    get isOverPicture() {
      return isOverPicture;
    },
    openDropped(name, { behindDoc = '' }) {
      if (name.endsWith(':anchor') && /^(?:1|true)$/.test(behindDoc)) isOverPicture = true;
    },
    open(name, within, attributes) {
      if (/z-index\s*:\s*-/i.test(attributes.style ?? '')) isOverPicture = true;
      if (name === 'background') whites.fill(false);
      else if (shape.test(name)) {
        shapes.push(isFilledWhite(attributes));
      } else if (name.endsWith(':fill') && shapes.length > 0) {
        const { type = 'solid', opacity, color, src } = attributes;
        const isPlain = type === 'solid' && opacity === undefined && color === undefined && src === undefined;
        if (!isPlain) shapes[shapes.length - 1] = false;
      } else if (holders.has(name)) {
        whites.push(name === 'txbxContent' ? (shapes.at(-1) ?? false) : whites.at(-1)!);
        // Where the table names a style, it comes next.
        if (name === 'tbl') sayStyle(styles.table);
      } else if (within === 'tblPr' && name === 'tblStyle') {
        say(whites.at(-2)!);
        sayStyle(attributes.val);
      } else if (name === 'shd' && /^(?:tblPr|tblPrEx|tcPr)$/.test(within ?? '')) {
        if (lookOfProperty(name, attributes).hasGround) say(false);
        else if (/^f{6}$/i.test(attributes.fill ?? '')) say(true);
      }
    },
    close(name) {
      if (holders.has(name)) whites.pop();
      else if (shape.test(name)) shapes.pop();
    },
  };
}

/** By ECMA-376 part 4, 19.1.2.19: shapes are filled, and white, where nothing is said. */
function isFilledWhite({ filled = 't', fillcolor = 'white' }: Readonly<Record<string, string>>): boolean {
  return /^t/i.test(filled) && whiteFill.test(fillcolor);
}
