import { DocumentRefused } from '../../domain/errors.ts';
import { type BlockWriter, tableLine } from './block-writer.ts';
import { oneLine } from './clean-text.ts';
import { isHeaderRow } from './table-header.ts';

/** Of a workbook. What is larger is a database, whose rows are better replayed than read as a document. */
const maxRows = 250_000;
const maxCells = 5_000_000;
/** Texts that many cells share are stored once. */
const maxCharacters = 50_000_000;
/** Longer groups are one table without a look at their columns, so that only lines are kept of them. */
const maxGroupRows = 2_000;

export interface SheetWriter {
  /**
   * Adds the next row that has cells.
   * @param number from 1, rising
   * @param cells by column; holes are empty
   * @throws {DocumentRefused} `too_large` after 250,000 rows, five million cells or 50 million characters of all sheets
   */
  row(number: number, cells: readonly (string | undefined)[]): void;
  /** Ends the sheet. */
  end(): void;
}

/**
 * Writes the rows of spreadsheets: what empty rows and columns part are tables of their own, from the left to the
 * right. A single column is a paragraph, and single cells above a table are paragraphs before it.
 */
export function createSheetWriter(writer: BlockWriter): SheetWriter {
  let group: string[][] = [];
  let long: { readonly header: string; readonly lines: string[] } | undefined;
  let last = 0;
  let rowCount = 0;
  let cellCount = 0;
  let characters = 0;

  const endGroup = (): void => {
    if (long !== undefined) writer.table(long.header, long.lines);
    else for (const region of regionsOf(group)) writeRegion(writer, region);
    group = [];
    long = undefined;
  };

  return {
    row(number, cells) {
      rowCount += 1;
      cellCount += cells.length;
      for (const cell of cells) characters += cell?.length ?? 0;
      if (rowCount > maxRows || cellCount > maxCells || characters > maxCharacters) {
        throw new DocumentRefused(
          'too_large',
          `Cannot parse the document: expected at most ${maxRows} rows, ${maxCells} cells and ${maxCharacters} characters, bring larger tables in as a feed`,
        );
      }
      const texts = Array.from(cells, (cell) => oneLine(cell ?? ''));
      if (texts.every((text) => text === '')) return;
      if (number !== last + 1) endGroup();
      last = number;
      if (long !== undefined) long.lines.push(tableLine(texts));
      else group.push(texts);
      if (group.length > maxGroupRows) {
        const lines = group.map(tableLine);
        const header = isHeaderRow(group[0]!, group[1]!) ? lines.shift()! : '';
        long = { header, lines };
        group = [];
      }
    },
    end() {
      endGroup();
      last = 0;
    },
  };
}

/** Cuts a group of rows at the columns in which none of them has a cell. */
function regionsOf(rows: readonly (readonly string[])[]): string[][][] {
  const width = Math.max(0, ...rows.map((row) => row.length));
  const regions: string[][][] = [];
  let start = 0;
  for (let column = 0; column <= width; column++) {
    if (column < width && rows.some((row) => (row[column] ?? '') !== '')) continue;
    if (column > start) {
      const region = rows.map((row) => row.slice(start, column));
      regions.push(region.filter((row) => row.some((cell) => cell !== '')));
    }
    start = column + 1;
  }
  return regions;
}

function writeRegion(writer: BlockWriter, rows: string[][]): void {
  if (rows.every((row) => row.length < 2)) {
    writer.block('paragraph', rows.map((row) => row[0]).join('\n'));
    return;
  }
  while (rows.length > 1 && rows[0]!.filter((cell) => cell !== '').length === 1) {
    writer.block('paragraph', rows.shift()!.join(' '));
  }
  const lines = rows.map(tableLine);
  const header = rows.length > 1 && isHeaderRow(rows[0]!, rows[1]!) ? lines.shift()! : '';
  writer.table(header, lines);
}
