import { type BlockWriter, tableLine } from './block-writer.ts';
import { oneLine } from './clean-text.ts';
import { isHeaderRow } from './table-header.ts';
import type { XmlElement } from './xml.ts';
import { childElements, descendants, elementAt } from './xml-walk.ts';

const maxRepeated = 1_000;
/** Of a cell that spans columns, and of rows. */
const maxColumns = 1_000;

/** Writes text as OpenDocument holds it: headings, paragraphs, lists, tables, boxes; then its notes and comments. */
export function writeOdfText(writer: BlockWriter, root: XmlElement): void {
  const notes: string[] = [];
  const comments: string[] = [];
  const collect = { notes, comments };
  writeChildren(writer, root, collect);
  writeSection(writer, 'Notes', notes);
  writeSection(writer, 'Comments', comments);
}

interface Collected {
  readonly notes: string[];
  readonly comments: string[];
}

function writeSection(writer: BlockWriter, name: string, texts: readonly string[]): void {
  if (texts.length === 0) return;
  writer.heading(2, name);
  for (const text of texts) writer.block('paragraph', text);
}

function writeChildren(writer: BlockWriter, parent: XmlElement, collected: Collected): void {
  for (const child of childElements(parent)) {
    if (child.name === 'h') {
      const level = Number(child.attributes['outline-level'] ?? 1);
      writer.heading(Math.min(Math.max(level, 1), 6), inlineText(child, collected));
    } else if (child.name === 'p') {
      writer.block('paragraph', inlineText(child, collected));
      writeBoxes(writer, child, collected);
    } else if (child.name === 'list') {
      writer.block('list', listLines(child, '', collected).join('\n'));
    } else if (child.name === 'table') {
      writeOdfTable(writer, child, collected);
    } else if (!/^(?:tracked-changes|forms|sequence-decls|notes|annotation)$/.test(child.name)) {
      writeChildren(writer, child, collected);
    }
  }
}

/** Boxes are anchored inside paragraphs and hold paragraphs of their own. */
function writeBoxes(writer: BlockWriter, paragraph: XmlElement, collected: Collected): void {
  for (const box of descendants(paragraph, 'text-box')) writeChildren(writer, box, collected);
}

/** The text of a paragraph, as the standard says white space is written (ODF 1.3 part 3, 6.1.2 to 6.1.5). */
export function inlineText(element: XmlElement, collected?: Collected): string {
  let text = '';
  for (const child of element.children) {
    if (typeof child === 'string') text += child.replace(/\s+/g, ' ');
    else if (child.name === 's') text += ' '.repeat(Math.min(Number(child.attributes.c ?? 1), maxRepeated));
    else if (child.name === 'tab') text += '\t';
    else if (child.name === 'line-break') text += '\n';
    else if (child.name === 'note') {
      collected?.notes.push(
        `${inlineText(elementAt(child, 'note-citation') ?? child)} ${bodyText(elementAt(child, 'note-body'))}`,
      );
    } else if (child.name === 'annotation') {
      const author = oneLine(inlineText(elementAt(child, 'creator') ?? { ...child, children: ['unknown'] }));
      const lines = childElements(child).filter(({ name }) => name === 'p' || name === 'list');
      collected?.comments.push(`${author}: ${lines.map((line) => oneLine(inlineText(line))).join(' ')}`);
    } else if (child.name !== 'text-box' && child.name !== 'ruby-text') text += inlineText(child, collected);
  }
  return text;
}

function bodyText(body: XmlElement | undefined): string {
  return childElements(body)
    .map((part) => oneLine(inlineText(part)))
    .join(' ');
}

function listLines(list: XmlElement, indent: string, collected: Collected): string[] {
  const lines: string[] = [];
  for (const item of childElements(list)) {
    let marker = '- ';
    for (const part of childElements(item)) {
      if (part.name === 'list') lines.push(...listLines(part, `${indent}  `, collected));
      else {
        const text = oneLine(inlineText(part, collected));
        if (text !== '') lines.push(indent + marker + text);
        marker = '  ';
      }
    }
  }
  return lines;
}

/** The header is the table's own header rows, else its first row where that does not look like data. */
export function writeOdfTable(writer: BlockWriter, table: XmlElement, collected?: Collected): void {
  const marked = descendants(elementAt(table, 'table-header-rows'), 'table-row').length;
  const rows = descendants(table, 'table-row').map((row) => rowCells(row, collected));
  const lines = rows.map(tableLine);
  const isHeaded = rows.length > 1 && (marked > 0 || isHeaderRow(rows[0]!, rows[1]!));
  writer.table(isHeaded ? lines.shift()! : '', lines);
}

/** The texts of a row's cells; those that others cover are empty. */
export function rowCells(row: XmlElement, collected?: Collected): string[] {
  const cells: string[] = [];
  for (const cell of childElements(row)) {
    if (cell.name !== 'table-cell' && cell.name !== 'covered-table-cell') continue;
    const text = cell.name === 'table-cell' ? cellText(cell, collected) : '';
    const repeated = Math.min(
      Number(cell.attributes['number-columns-repeated'] ?? 1),
      maxColumns - cells.length,
    );
    for (let at = 0; at < repeated; at++) cells.push(text);
  }
  while (cells.at(-1) === '') cells.pop();
  return cells;
}

function cellText(cell: XmlElement, collected: Collected | undefined): string {
  return childElements(cell)
    .map((part) => {
      if (part.name === 'annotation') {
        inlineText({ ...cell, children: [part] }, collected);
        return '';
      }
      return part.name === 'list'
        ? listLines(part, '', collected ?? { notes: [], comments: [] }).join(' ')
        : inlineText(part, collected);
    })
    .map(oneLine)
    .filter((text) => text !== '')
    .join(' ');
}
