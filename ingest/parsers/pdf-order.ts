import type { PdfLine } from './pdf-lines.ts';

/** Pages draw their text in reading order, but for some. From this share of lines that go back up on, they are sorted. */
const maxJumpShare = 0.15;
const minJumps = 3;
/** Of a gap between columns, and between a headline and the columns below, in letter sizes. */
const minGutter = 1;
const maxDepth = 30;

/**
 * Puts the lines of a page in reading order where the order in which they are drawn is none: the page is cut at its
 * gaps, between columns first and then between lines, as long as there are any (the XY cut of Nagy and Seth, 1984).
 */
export function orderLines(lines: readonly PdfLine[]): readonly PdfLine[] {
  const jumps = lines.filter((line, at) => at > 0 && goesBack(lines[at - 1]!, line)).length;
  if (jumps < minJumps || jumps <= lines.length * maxJumpShare) return lines;
  return cut(lines, 0);
}

/** Up, and not to the next column. */
function goesBack(previous: PdfLine, line: PdfLine): boolean {
  return line.y > previous.y + line.size && line.x < previous.right && previous.x < line.right;
}

function cut(lines: readonly PdfLine[], depth: number): PdfLine[] {
  if (lines.length < 2 || depth > maxDepth)
    return lines.toSorted((left, right) => right.y - left.y || left.x - right.x);
  const size = median(lines.map((line) => line.size));
  const columns = split(lines, (line) => [line.x, line.right], size * minGutter);
  if (columns.length > 1) return columns.flatMap((column) => cut(column, depth + 1));
  // Upwards is positive on a page.
  const rows = split(lines, (line) => [-line.y - line.size, -line.y], size * minGutter);
  if (rows.length > 1) return rows.flatMap((row) => cut(row, depth + 1));
  return lines.toSorted((left, right) => right.y - left.y || left.x - right.x);
}

/** Parts the lines where their extents leave a gap. */
function split(
  lines: readonly PdfLine[],
  extent: (line: PdfLine) => readonly [number, number],
  minGap: number,
): PdfLine[][] {
  const sorted = lines.toSorted((left, right) => extent(left)[0] - extent(right)[0]);
  const parts: PdfLine[][] = [];
  let end = Number.NEGATIVE_INFINITY;
  for (const line of sorted) {
    const [from, to] = extent(line);
    if (parts.length === 0 || from > end + minGap) parts.push([]);
    parts.at(-1)!.push(line);
    end = Math.max(end, to);
  }
  return parts;
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[values.length >> 1] ?? 0;
}
