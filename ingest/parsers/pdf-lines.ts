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
}

/** Gaps as shares of the letters' size. */
const wordGap = 0.15;
const columnGap = 2;
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
  let text = '';
  let hasColumns = false;
  let previous: PdfItem | undefined;
  for (const item of items) {
    const size = sizeOf(item) || (previous ? sizeOf(previous) : 0);
    if (item.str.trim() === '') {
      // A gap comes as a space of its width.
      if (size > 0 && item.width > size * columnGap) hasColumns = true;
      text += ' ';
    } else {
      const gap = previous === undefined ? 0 : xOf(item) - (xOf(previous) + previous.width);
      if (gap > size * wordGap && !/\s$/.test(text) && !/^\s/.test(item.str)) text += ' ';
      text += item.str;
    }
    previous = item;
  }
  // A table of contents fills its lines with dots.
  text = text
    .replace(/(?:\s?\.){5,}/g, ' … ')
    .replace(/\s+/g, ' ')
    .trim();
  if (text === '') return undefined;
  const shown = items.filter((item) => item.str.trim() !== '');
  return {
    text,
    hasColumns,
    isTurned: isTurned(shown[0]!),
    x: Math.min(...shown.map(xOf)),
    right: Math.max(...shown.map((item) => xOf(item) + item.width)),
    y: yOf(shown[0]!),
    size: Math.max(...shown.map(sizeOf)),
  };
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
