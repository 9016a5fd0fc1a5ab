import type { PdfGrid } from './pdf-grids.ts';
import { type PdfItem, type PdfLine, readLines } from './pdf-lines.ts';
import { orderLines } from './pdf-order.ts';

/** A cell with more is an article in a frame; in characters. */
const maxCellCharacters = 2_000;
/** Of the places that must be cells of their own: where fewer are, a table stands in another one's cell. */
const minOwnShare = 0.5;
/** Of the cells that must have text: a chart's grid has none. */
const minFilledShare = 0.3;
/** Of the cells that may hold columns of their own: there the rules are not those of the table's cells. */
const maxDividedShare = 0.2;

/** From so many cells of so many lines on: two that wrap alike are chance. */
const minSideBySide = 3;
/** Of letters, where a space has none; in points. */
const usualSize = 10;

interface Cell {
  readonly lines: readonly PdfLine[];
  readonly text: string;
  readonly isDivided: boolean;
}

/**
 * Reads the lines of a page, and the tables that rules draw as lines of their own in the place of their first word. A
 * cell without a rule between it and the next is one with it.
 */
export function readRuledLines(items: readonly PdfItem[], grids: readonly PdfGrid[]): PdfLine[] {
  // Grids may reach into each other: what one table has taken is not in another.
  const tableOf = new Map<PdfItem, PdfLine>();
  for (const grid of grids) {
    const left = items.filter((item) => !tableOf.has(item));
    const table = readTable(left, grid);
    for (const member of table?.members ?? []) tableOf.set(member, table!.line);
  }
  if (tableOf.size === 0) return readLines(items);
  const lines: PdfLine[] = [];
  let plain: PdfItem[] = [];
  const written = new Set<PdfLine>();
  for (const item of items) {
    const table = tableOf.get(item);
    if (table === undefined) plain.push(item);
    else if (!written.has(table)) {
      written.add(table);
      lines.push(...readLines(plain), table);
      plain = [];
    }
  }
  return [...lines, ...readLines(plain)];
}

function readTable(
  items: readonly PdfItem[],
  grid: PdfGrid,
): { readonly line: PdfLine; readonly members: ReadonlySet<PdfItem> } | undefined {
  const { xs, ys } = grid;
  const columns = xs.length - 1;
  const rowCount = ys.length - 1;
  const regionOf = mergeCells(grid);
  const inRegion = new Map<number, PdfItem[]>();
  const members = new Set<PdfItem>();
  const rising = ys.map((y) => -y);
  for (const item of items) {
    const column = placeOf(xs, middleX(item));
    const row = placeOf(rising, -middleY(item));
    if (column === undefined || row === undefined) continue;
    members.add(item);
    // The way from one cell to the next is a space of its width.
    if (item.str.trim() === '' && item.width > (item.height || usualSize)) continue;
    const region = regionOf[row * columns + column]!;
    const held = inRegion.get(region);
    if (held === undefined) inRegion.set(region, [item]);
    else held.push(item);
  }
  const cells = new Map([...inRegion].map(([region, held]) => [region, readCell(held)]));
  const regions = new Set(regionOf).size;
  if (regions < regionOf.length * minOwnShare || !isTable(cells, regions)) return undefined;
  const rows: string[][] = [];
  for (let row = 0; row < rowCount; row++) {
    const places = Array.from({ length: columns }, (_, column) => row * columns + column);
    const shown = places.map((place, column) =>
      column > 0 && regionOf[place - 1] === regionOf[place] ? undefined : cells.get(regionOf[place]!),
    );
    // A cell over several rows is repeated in each; a row of nothing else says nothing.
    if (shown.some((cell, column) => cell !== undefined && regionOf[places[column]!] === places[column])) {
      rows.push(...readRows(shown));
    }
  }
  const filledColumns = xs.slice(1).filter((_, column) => rows.some((row) => row[column] !== ''));
  if (rows.length < 2 || filledColumns.length < 2) return undefined;
  const text = rows.map((row) => row.join(' ')).join(' ');
  const [x, right] = [xs[0]!, xs.at(-1)!];
  const sizes = [...members].map(({ height }) => height).sort((left, other) => left - other);
  const line: PdfLine = {
    text,
    x,
    right,
    y: ys[0]!,
    size: sizes[sizes.length >> 1] ?? 0,
    isTurned: false,
    hasColumns: false,
    cells: [{ text, x, right }],
    table: { rows, lines: [...cells.values()].flatMap((cell) => cell.lines) },
  };
  return { line, members };
}

/** Rows that no rule parts: each cell has as many lines, side by side. */
function readRows(cells: readonly (Cell | undefined)[]): string[][] {
  const filled = cells.flatMap((cell) => (cell === undefined || cell.text === '' ? [] : [cell.lines]));
  const first = filled[0] ?? [];
  const isSideBySide = (lines: readonly PdfLine[]): boolean =>
    lines.length === first.length && lines.every(({ y, size }, at) => Math.abs(y - first[at]!.y) <= size / 2);
  if (filled.length < minSideBySide || first.length < minSideBySide || !filled.every(isSideBySide)) {
    return [cells.map((cell) => cell?.text ?? '')];
  }
  return first.map((_, at) => cells.map((cell) => cell?.lines[at]?.text ?? ''));
}

function readCell(items: PdfItem[]): Cell {
  const lines = orderLines(readLines(items));
  return {
    lines,
    text: lines.map((line) => line.text).join(' '),
    isDivided: lines.some((line) => line.hasColumns),
  };
}

function isTable(cells: ReadonlyMap<number, Cell>, regions: number): boolean {
  const filled = [...cells.values()].filter(({ text }) => text !== '');
  if (filled.length < 4 || filled.length < regions * minFilledShare) return false;
  if (filled.some(({ text }) => text.length > maxCellCharacters)) return false;
  return filled.filter(({ isDivided }) => isDivided).length <= filled.length * maxDividedShare;
}

/** For each cell, row by row, the first of those that no rule parts from it. */
function mergeCells({ xs, ys, hasRight, hasBelow }: PdfGrid): number[] {
  const columns = xs.length - 1;
  const rows = ys.length - 1;
  const first = Array.from({ length: rows * columns }, (_, at) => at);
  const find = (cell: number): number => {
    let root = cell;
    while (first[root] !== root) root = first[root]!;
    first[cell] = root;
    return root;
  };
  const merge = (one: number, other: number): void => {
    const [low, high] = [find(one), find(other)].sort((left, right) => left - right);
    first[high!] = low!;
  };
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const cell = row * columns + column;
      if (column + 1 < columns && !hasRight(row, column)) merge(cell, cell + 1);
      if (row + 1 < rows && !hasBelow(row, column)) merge(cell, cell + columns);
    }
  }
  return first.map((_, cell) => find(cell));
}

/** Between which two of rising places one lies. */
function placeOf(places: readonly number[], at: number): number | undefined {
  if (at < places[0]! || at >= places.at(-1)!) return undefined;
  let low = 0;
  let high = places.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (places[middle]! <= at) low = middle;
    else high = middle;
  }
  return low;
}

function middleX({ transform, width }: PdfItem): number {
  return (transform[4] ?? 0) + width / 2;
}

function middleY({ transform, height }: PdfItem): number {
  return (transform[5] ?? 0) + height / 3;
}
