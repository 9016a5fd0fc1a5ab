import { type BlockWriter, tableLine } from './block-writer.ts';
import { createHyphenation, type Hyphenation } from './pdf-hyphenation.ts';
import type { PdfLine } from './pdf-lines.ts';
import { orderLines } from './pdf-order.ts';
import { segmentLines } from './pdf-tables.ts';
import { isHeaderRow } from './table-header.ts';

/** Letters larger than the body's by this factor head something. */
const headingFactor = 1.08;
const maxHeadingCharacters = 150;
/** Lines further apart than a page's usual distance by this factor belong to different paragraphs. */
const paragraphFactor = 1.3;
/** What is usual where a page has too few lines to tell, in letter sizes. */
const usualLineDistance = 1.3;
/** A first line is indented by this many letter sizes. */
const indent = 0.8;
/** A line that ends before this share of its column's width was ended by its author. */
const fullLine = 0.75;
/** From so many pages on, a line at the edge of more than half of them is a running header or footer. */
const minPagesForRunningLines = 4;
/** On shorter pages every line is at an edge. */
const minLinesForRunningLines = 6;
const maxRunningCharacters = 120;

const endsSentence = /[.!?:]["”’)\]]*$/;

/** Writes the lines of all pages as headings and paragraphs, each with its page. */
export function writePdfBlocks(writer: BlockWriter, pages: readonly (readonly PdfLine[])[]): void {
  const lines = pages.flat().filter((line) => line.table === undefined);
  const levels = headingLevels(lines);
  const running = runningLines(pages);
  const hyphenation = createHyphenation(lines.map((line) => line.text));
  pages.forEach((page, at) => {
    writer.locate({ page: at + 1 });
    const kept = page.filter((line, row) => !(isEdge(page, row) && running.has(withoutNumbers(line.text))));
    const ordered = orderLines(kept);
    const isRuled = ordered.some((line) => line.table !== undefined);
    for (const segment of segmentLines(ordered)) {
      if (segment.kind === 'table') writeTable(writer, segment.rows);
      else {
        // What is left beside the tables of a page may be too little to tell.
        const distances = [segment.lines, ...(isRuled ? [ordered] : [])].flatMap(
          (lines) => lineDistance(lines) ?? [],
        );
        const usual = distances.length === 0 ? usualLineDistance : Math.min(...distances);
        const typesetting = { levels, hyphenation, maxDistance: usual * paragraphFactor };
        writeLines(writer, segment.lines, typesetting);
      }
    }
  });
}

function writeTable(writer: BlockWriter, rows: readonly (readonly string[])[]): void {
  const lines = rows.map(tableLine);
  writer.table(isHeaderRow(rows[0]!, rows[1]!) ? lines.shift()! : '', lines);
}

interface Typesetting {
  readonly levels: ReadonlyMap<number, number>;
  readonly hyphenation: Hyphenation;
  /** Between the lines of a paragraph, in letter sizes. */
  readonly maxDistance: number;
}

function writeLines(writer: BlockWriter, lines: readonly PdfLine[], typesetting: Typesetting): void {
  const { levels, hyphenation, maxDistance } = typesetting;
  for (const group of groupLines(lines, levels, maxDistance)) {
    const level = levelOf(group[0]!, levels);
    const text = joinLines(group, hyphenation);
    if (level !== undefined && isHeading(text)) writer.heading(level, text);
    else writer.block('paragraph', text);
  }
}

function groupLines(
  lines: readonly PdfLine[],
  levels: ReadonlyMap<number, number>,
  maxDistance: number,
): PdfLine[][] {
  const groups: PdfLine[][] = [];
  for (const line of lines) {
    const previous = groups.at(-1)?.at(-1);
    if (previous !== undefined && goesOn(previous, line, levels, maxDistance)) groups.at(-1)!.push(line);
    else groups.push([line]);
  }
  return groups;
}

function goesOn(
  previous: PdfLine,
  line: PdfLine,
  levels: ReadonlyMap<number, number>,
  maxDistance: number,
): boolean {
  if (levelOf(previous, levels) !== levelOf(line, levels) || previous.isTurned !== line.isTurned)
    return false;
  const distance = previous.y - line.y;
  const size = Math.max(previous.size, line.size);
  // Upwards is the next column: the paragraph goes on there unless it ended.
  if (distance < -size) return !endsSentence.test(previous.text);
  if (endsSentence.test(previous.text) && line.x - previous.x > size * indent) return false;
  return distance <= maxDistance * size;
}

/** The usual distance between lines, in letter sizes; undefined where there are too few to tell. */
function lineDistance(given: readonly PdfLine[]): number | undefined {
  const lines = given.flatMap((line) => line.table?.lines ?? line);
  const distances = lines
    .slice(1)
    .map((line, at) => (lines[at]!.y - line.y) / Math.max(line.size, 1))
    .filter((distance) => distance > 0.8 && distance < 2.5)
    .sort((a, b) => a - b);
  return distances.length < 5 ? undefined : distances[Math.floor(distances.length / 2)]!;
}

/** Wrapped lines run on; lines that their author ended, and those of tables, stay lines. */
function joinLines(lines: readonly PdfLine[], hyphenation: Hyphenation): string {
  let text = '';
  const isFull = fullnessIn(lines);
  lines.forEach((line, at) => {
    const previous = lines[at - 1];
    if (previous === undefined) text = line.text;
    else if (previous.hasColumns || line.hasColumns || !isFull(previous)) text += `\n${line.text}`;
    else text = hyphenation.join(text, line.text);
  });
  return text;
}

/** Whether a line fills its column: that of the lines that begin about where it does. */
function fullnessIn(lines: readonly PdfLine[]): (line: PdfLine) => boolean {
  // Most lines begin at the same place.
  const extents = new Map<string, { readonly left: number; readonly right: number }>();
  const extentOf = ({ x, size }: PdfLine) => {
    let left = Number.POSITIVE_INFINITY;
    let right = Number.NEGATIVE_INFINITY;
    for (const other of lines) {
      if (Math.abs(other.x - x) >= size * 3) continue;
      left = Math.min(left, other.x);
      right = Math.max(right, other.right);
    }
    return { left, right };
  };
  return (line) => {
    const key = `${line.x} ${line.size}`;
    const extent = extents.get(key) ?? extentOf(line);
    extents.set(key, extent);
    return line.right - extent.left >= (extent.right - extent.left) * fullLine;
  };
}

/** The largest size heads level 1, the next level 2, down to 6. */
function headingLevels(lines: readonly PdfLine[]): Map<number, number> {
  const bodySize = mostTextSize(lines);
  const upright = lines.filter((line) => !line.isTurned && roundSize(line.size) > bodySize * headingFactor);
  const sizes = new Set(upright.filter((line) => isHeading(line.text)).map((line) => roundSize(line.size)));
  const levels = new Map<number, number>();
  for (const size of [...sizes].sort((a, b) => b - a)) levels.set(size, Math.min(levels.size + 1, 6));
  return levels;
}

function levelOf(line: PdfLine, levels: ReadonlyMap<number, number>): number | undefined {
  return line.isTurned ? undefined : levels.get(roundSize(line.size));
}

/** Sentences and their parts are large type, not headings. */
function isHeading(text: string): boolean {
  return (
    text.length <= maxHeadingCharacters && /^[\p{Lu}\p{Lo}\p{N}“"(]/u.test(text) && !/[.,;:-]$/.test(text)
  );
}

/** The size that most characters have. */
function mostTextSize(lines: readonly PdfLine[]): number {
  const characters = new Map<number, number>();
  for (const line of lines) {
    const size = roundSize(line.size);
    characters.set(size, (characters.get(size) ?? 0) + line.text.length);
  }
  return [...characters].sort((a, b) => b[1] - a[1])[0]?.[0] ?? 0;
}

function runningLines(pages: readonly (readonly PdfLine[])[]): Set<string> {
  const counts = new Map<string, number>();
  for (const page of pages) {
    const edges = new Set(
      page.filter((_, row) => isEdge(page, row)).map((line) => withoutNumbers(line.text)),
    );
    for (const text of edges) counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  if (pages.length < minPagesForRunningLines) return new Set();
  return new Set([...counts].filter(([, count]) => count > pages.length / 2).map(([text]) => text));
}

function isEdge(page: readonly PdfLine[], row: number): boolean {
  if (page.length < minLinesForRunningLines || page[row]!.text.length > maxRunningCharacters) return false;
  return row < 2 || row >= page.length - 2;
}

function withoutNumbers(text: string): string {
  return text.replace(/\d+/g, '#');
}

function roundSize(size: number): number {
  return Math.round(size * 2) / 2;
}
