import { tableLine } from './block-writer.ts';
import { oneLine } from './clean-text.ts';
import { childrenOf, type HtmlElement, isElement, isInvisible } from './html-node.ts';
import { visibleText } from './html-text.ts';

/** What is longer is an article set in a table, and is read as text. */
const maxCellCharacters = 2_000;
const maxRowSpan = 1_000;
const maxColumns = 1_000;

export interface HtmlTable {
  readonly caption: string;
  readonly header: string;
  readonly rows: readonly string[];
}

interface Row {
  readonly cells: readonly HtmlElement[];
  readonly isHead: boolean;
}

/**
 * Reads a table as lines, or gives undefined where it lays out a page: one with tables, headings or code in its
 * cells, or without two columns. The header is the `thead`, else the leading rows of `th`, else the first row.
 * A cell that spans rows is repeated in each, so that every row says all that holds for it.
 */
export function readTable(table: HtmlElement): HtmlTable | undefined {
  const role = table.getAttribute('role');
  if (role === 'presentation' || role === 'none') return undefined;
  let caption = '';
  const rows: Row[] = [];
  for (const part of childrenOf(table)) {
    if (!isElement(part) || isInvisible(part)) continue;
    const name = part.nodeName.toUpperCase();
    if (name === 'CAPTION') caption = visibleText(part);
    else if (name === 'TR') rows.push(readRow(part, false));
    else if (name === 'THEAD' || name === 'TBODY' || name === 'TFOOT') {
      for (const row of childrenOf(part)) {
        if (isElement(row) && row.nodeName.toUpperCase() === 'TR' && !isInvisible(row)) {
          rows.push(readRow(row, name === 'THEAD'));
        }
      }
    }
  }
  if (rows.every((row) => row.cells.length < 2) || rows.some((row) => row.cells.some(isLayoutCell)))
    return undefined;
  const spread = spreadRows(rows);
  if (spread === undefined) return undefined;
  const headRows = countHeadRows(rows);
  return {
    caption,
    header: tableLine(joinHeaders(spread.slice(0, headRows))),
    rows: spread.slice(headRows).map(tableLine),
  };
}

/** The rows of a header become one: each column's names, outermost first. */
function joinHeaders(rows: readonly (readonly string[])[]): string[] {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  return Array.from({ length: columns }, (_, column) => {
    const names = rows.map((row) => row[column] ?? '').filter((name) => name !== '');
    return [...new Set(names)].join(' / ');
  });
}

function readRow(row: HtmlElement, isHead: boolean): Row {
  const cells: HtmlElement[] = [];
  for (const cell of childrenOf(row)) {
    if (isElement(cell) && /^T[DH]$/i.test(cell.nodeName) && !isInvisible(cell)) cells.push(cell);
  }
  return { cells, isHead };
}

function isLayoutCell(cell: HtmlElement): boolean {
  for (const _ of cell.querySelectorAll('table, pre')) return true;
  if (cell.nodeName.toUpperCase() === 'TH') return false;
  for (const _ of cell.querySelectorAll('h1, h2, h3, h4, h5, h6')) return true;
  return false;
}

function countHeadRows(rows: readonly Row[]): number {
  if (rows.length < 2) return 0;
  const marked = rows.findIndex((row) => !row.isHead);
  if (marked > 0) return marked;
  if (marked === -1) return 0;
  const ruled = rows.findIndex((row) => row.cells.some((cell) => cell.nodeName.toUpperCase() === 'TD'));
  return ruled > 0 ? ruled : 1;
}

function spreadRows(rows: readonly Row[]): string[][] | undefined {
  const spans: ({ text: string; rows: number } | undefined)[] = [];
  const lines: string[][] = [];
  for (const row of rows) {
    const cells: string[] = [];
    const takeSpans = (): void => {
      for (let span = spans[cells.length]; span !== undefined && span.rows > 0; span = spans[cells.length]) {
        span.rows--;
        cells.push(span.text);
      }
    };
    for (const cell of row.cells) {
      takeSpans();
      const text = oneLine(visibleText(cell));
      if (text.length > maxCellCharacters) return undefined;
      const rowSpan = readSpan(cell, 'rowspan', maxRowSpan);
      const colSpan = Math.min(readSpan(cell, 'colspan', maxColumns), Math.max(1, maxColumns - cells.length));
      for (let column = 0; column < colSpan; column++) {
        const shown = column === 0 ? text : '';
        spans[cells.length] = { text: shown, rows: rowSpan - 1 };
        cells.push(shown);
      }
    }
    takeSpans();
    lines.push(cells);
  }
  return lines;
}

function readSpan(cell: HtmlElement, attribute: string, most: number): number {
  const span = Number.parseInt(cell.getAttribute(attribute) ?? '1', 10);
  return Number.isFinite(span) ? Math.min(Math.max(span, 1), most) : 1;
}
