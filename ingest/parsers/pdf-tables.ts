import type { PdfCell, PdfLine } from './pdf-lines.ts';

/** A piece of a page: lines of text, or the cells of a table. */
export type PdfSegment =
  | { readonly kind: 'lines'; readonly lines: readonly PdfLine[] }
  | { readonly kind: 'table'; readonly rows: readonly (readonly string[])[] };

/** From so many rows on, long cells beside each other are columns of prose that were drawn line by line. */
const minProseRows = 4;
const minProseCharacters = 25;
const maxProseColumns = 3;
/** Lines of one cell are not further apart, in letter sizes. */
const maxCellLineDistance = 1.5;
const maxRowDistance = 4;

interface Column {
  readonly x: number;
  readonly right: number;
}

/**
 * Finds tables by their alignment: lines one below the other whose parts, wide gaps between them, stand in the same
 * columns. Long parts are columns of prose instead, and are read one column after the other.
 */
export function segmentLines(lines: readonly PdfLine[]): PdfSegment[] {
  const segments: PdfSegment[] = [];
  let plain: PdfLine[] = [];
  const flush = (): void => {
    if (plain.length > 0) segments.push({ kind: 'lines', lines: plain });
    plain = [];
  };
  for (let at = 0; at < lines.length; ) {
    const { table } = lines[at]!;
    if (table !== undefined) {
      flush();
      segments.push({ kind: 'table', rows: table.rows });
      at += 1;
      continue;
    }
    const run = takeRun(lines, at);
    const columns = columnsOf(run);
    if (columns.length < 2 || !hasRows(run)) {
      plain.push(lines[at]!);
      at += 1;
      continue;
    }
    if (isProse(run, columns)) {
      plain.push(...columns.flatMap((_, column) => linesIn(run, columns, column)));
    } else {
      flush();
      segments.push({ kind: 'table', rows: readRows(run, columns) });
    }
    at += run.length;
  }
  flush();
  return segments;
}

/** The lines from one on that can be rows of one table, or go on in a cell of the row before. */
function takeRun(lines: readonly PdfLine[], start: number): PdfLine[] {
  const run: PdfLine[] = [];
  if (!isRow(lines[start]!)) return run;
  let end = 0;
  let columns: Column[] = [];
  for (let at = start; at < lines.length; at++) {
    const line = lines[at]!;
    const previous = run.at(-1);
    if (line.table !== undefined) break;
    if (previous !== undefined && !goesOnBelow(previous, line)) break;
    if (!isRow(line) && !isInColumn(line, columns)) break;
    run.push(line);
    if (isRow(line)) {
      columns = mergeColumns([...columns, ...line.cells]);
      end = run.length;
    } else if (run.length - end > 3) break;
  }
  // What follows the last row may be its cell's next line, and may be the text below the table.
  return run.slice(0, end);
}

/** Wide gaps may stand below each other by chance in two lines of justified text. */
function hasRows(run: readonly PdfLine[]): boolean {
  const rows = run.filter(isRow);
  return rows.length > 2 || (rows.length === 2 && rows.every((row) => row.hasColumns));
}

function isRow(line: PdfLine): boolean {
  return line.cells.length > 1 && !line.isTurned;
}

function goesOnBelow(previous: PdfLine, line: PdfLine): boolean {
  const distance = previous.y - line.y;
  const size = Math.max(previous.size, line.size);
  return distance > 0 && distance <= size * (isRow(line) ? maxRowDistance : maxCellLineDistance);
}

/** Whether a line stands in a column but the first, which a paragraph below a table would start in. */
function isInColumn(line: PdfLine, columns: readonly Column[]): boolean {
  return columns
    .slice(1)
    .some((column) => line.x >= column.x - line.size && line.right <= column.right + line.size);
}

/** Parts that overlap in any of the rows share a column. */
function columnsOf(run: readonly PdfLine[]): Column[] {
  return mergeColumns(run.filter(isRow).flatMap((line) => line.cells));
}

function mergeColumns(parts: readonly Column[]): Column[] {
  const columns: { x: number; right: number }[] = [];
  for (const { x, right } of parts.toSorted((left, other) => left.x - other.x)) {
    const last = columns.at(-1);
    if (last !== undefined && x < last.right) last.right = Math.max(last.right, right);
    else columns.push({ x, right });
  }
  return columns;
}

function isProse(run: readonly PdfLine[], columns: readonly Column[]): boolean {
  const rows = run.filter(isRow);
  if (rows.length < minProseRows || columns.length > maxProseColumns) return false;
  const cells = rows.flatMap((row) => row.cells);
  return cells.reduce((sum, cell) => sum + cell.text.length, 0) / cells.length >= minProseCharacters;
}

function linesIn(run: readonly PdfLine[], columns: readonly Column[], column: number): PdfLine[] {
  return run.flatMap((line) =>
    line.cells
      .filter((cell) => columnOf(cell, columns) === column)
      .map((cell) => ({ ...line, ...cell, cells: [cell], hasColumns: false })),
  );
}

function readRows(run: readonly PdfLine[], columns: readonly Column[]): string[][] {
  const rows: string[][] = [];
  for (const line of run) {
    const texts = columns.map(() => '');
    for (const cell of line.cells) {
      const at = columnOf(cell, columns);
      texts[at] = `${texts[at]} ${cell.text}`.trim();
    }
    const above = rows.at(-1);
    if (isRow(line) || above === undefined) rows.push(texts);
    else
      texts.forEach((text, at) => {
        if (text !== '') above[at] = `${above[at]} ${text}`.trim();
      });
  }
  return rows;
}

/** The column that the middle of a cell stands in or is nearest to: that of a lone line may stand beside all. */
function columnOf(cell: PdfCell, columns: readonly Column[]): number {
  const middle = (cell.x + cell.right) / 2;
  let nearest = 0;
  let least = Number.POSITIVE_INFINITY;
  for (const [at, { x, right }] of columns.entries()) {
    const distance = Math.max(x - middle, middle - right, 0);
    if (distance < least) {
      nearest = at;
      least = distance;
    }
  }
  return nearest;
}
