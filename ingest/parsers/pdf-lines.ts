/** A run of text as pdf.js gives it; units are points, the origin is the page's lower left corner. */
export interface PdfItem {
  readonly str: string;
  /** The matrix [a, b, c, d, x, y]. */
  readonly transform: readonly number[];
  readonly width: number;
  readonly height: number;
  /** `ltr`, `rtl` or `ttb`. */
  readonly dir: string;
}

/** A part of a line, with a wide gap before and after it. */
export interface PdfCell {
  readonly text: string;
  readonly x: number;
  readonly right: number;
}

export interface PdfLine {
  readonly text: string;
  readonly x: number;
  readonly right: number;
  readonly y: number;
  /** Of the letters. */
  readonly size: number;
  /** Whether it is set upwards or downwards. */
  readonly isTurned: boolean;
  /** Whether gaps as wide as between columns stand in it. */
  readonly hasColumns: boolean;
  /** Its parts between gaps of half that width; one where there is none. */
  readonly cells: readonly PdfCell[];
  /** Of a table that rules draw: its rows, which stand in the place of its lines. */
  readonly table?: {
    readonly rows: readonly (readonly string[])[];
    readonly lines: readonly PdfLine[];
  };
}

/** Gaps as shares of the letters' size. */
const wordGap = 0.15;
const columnGap = 2;
const cellGap = 1;
const sameLine = 0.5;

/** Puts the runs of a page together into lines, in the order in which the page draws them. */
export function readLines(items: readonly PdfItem[]): PdfLine[] {
  const lines: PdfLine[] = [];
  let current: PdfItem[] = [];
  const end = (): void => {
    const line = joinItems(current);
    if (line !== undefined) lines.push(line);
    current = [];
  };
  for (const item of items) {
    const previous = current.at(-1);
    if (item.str === '') continue;
    if (previous !== undefined && !isOnLineOf(previous, item)) end();
    current.push(item);
  }
  end();
  return lines;
}

/** A raised mark stays on its line; what goes back to the left starts another one, but in scripts that run so. */
function isOnLineOf(previous: PdfItem, item: PdfItem): boolean {
  const size = Math.max(sizeOf(previous), sizeOf(item));
  if (isTurned(previous) || isTurned(item)) return Math.abs(xOf(previous) - xOf(item)) <= size * sameLine;
  if (Math.abs(yOf(previous) - yOf(item)) > size * sameLine) return false;
  return item.dir === 'rtl' || xOf(item) >= xOf(previous) - size;
}

function isTurned({ transform }: PdfItem): boolean {
  return Math.abs(transform[1] ?? 0) > Math.abs(transform[0] ?? 0);
}

function joinItems(items: readonly PdfItem[]): PdfLine | undefined {
  const shown = items.filter((item) => item.str.trim() !== '');
  if (shown.length === 0) return undefined;
  const cells = splitItems(items, cellGap).flatMap(joinCell);
  const text = oneSpaced(cells.map((cell) => cell.text).join(' '));
  if (text === '') return undefined;
  return {
    text,
    hasColumns: splitItems(items, columnGap).length > 1,
    cells,
    isTurned: isTurned(shown[0]!),
    x: Math.min(...shown.map(xOf)),
    right: Math.max(...shown.map((item) => xOf(item) + item.width)),
    y: yOf(shown[0]!),
    size: Math.max(...shown.map(sizeOf)),
  };
}

/** Cuts a line at wide gaps, which come as a space of their width or as none. */
function splitItems(items: readonly PdfItem[], minGap: number): PdfItem[][] {
  const parts: PdfItem[][] = [[]];
  let previous: PdfItem | undefined;
  for (const item of items) {
    const size = sizeOf(item) || (previous ? sizeOf(previous) : 0);
    const isWideSpace = item.str.trim() === '' && size > 0 && item.width > size * minGap;
    const gap = previous === undefined ? 0 : xOf(item) - (xOf(previous) + previous.width);
    if (isWideSpace || (gap > size * minGap && item.dir !== 'rtl')) parts.push([]);
    if (!isWideSpace) parts.at(-1)!.push(item);
    previous = item;
  }
  return parts;
}

function joinCell(items: readonly PdfItem[]): PdfCell[] {
  let text = '';
  let previous: PdfItem | undefined;
  for (const item of items) {
    const size = sizeOf(item) || (previous ? sizeOf(previous) : 0);
    if (item.str.trim() === '') text += ' ';
    else {
      const gap = previous === undefined ? 0 : xOf(item) - (xOf(previous) + previous.width);
      if (gap > size * wordGap && !/\s$/.test(text) && !/^\s/.test(item.str)) text += ' ';
      text += item.str;
    }
    previous = item;
  }
  // A table of contents fills its lines with dots.
  text = oneSpaced(text.replace(/(?:\s?\.){5,}/g, ' … '));
  if (text === '') return [];
  const shown = items.filter((item) => item.str.trim() !== '');
  return [
    { text, x: Math.min(...shown.map(xOf)), right: Math.max(...shown.map((item) => xOf(item) + item.width)) },
  ];
}

function oneSpaced(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

function sizeOf(item: PdfItem): number {
  return item.height || Math.hypot(item.transform[2] ?? 0, item.transform[3] ?? 0);
}

function xOf(item: PdfItem): number {
  return item.transform[4] ?? 0;
}

function yOf(item: PdfItem): number {
  return item.transform[5] ?? 0;
}
