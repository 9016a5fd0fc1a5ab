import type { SheetWriter } from './sheet-writer.ts';
import { type NumberForm, showNumber } from './spreadsheet-values.ts';
import { scanXml } from './xml.ts';
import type { ZipReader } from './zip-reader.ts';

/** Merged cells are told of after all rows, so that only sheets up to this size are kept until then. */
const maxKeptCells = 100_000;
const maxColumns = 16_384;

interface Values {
  readonly strings: readonly string[];
  readonly forms: readonly NumberForm[];
  readonly startsIn1904: boolean;
}

interface Row {
  readonly number: number;
  readonly cells: string[];
}

/** Reads the rows of a sheet as they come. A cell merged over rows is repeated in each. */
export async function readSheetRows(
  zip: ZipReader,
  part: string,
  values: Values,
  writer: SheetWriter,
): Promise<void> {
  let kept: Row[] | undefined = [];
  let keptCells = 0;
  let row: Row = { number: 0, cells: [] };
  let cell = { column: 0, type: '', style: 0 };
  let value = '';
  let formula = '';
  let target: 'value' | 'formula' | undefined;

  const endRow = (): void => {
    if (kept === undefined) {
      writer.row(row.number, row.cells);
      return;
    }
    kept.push(row);
    keptCells += row.cells.length;
    if (keptCells <= maxKeptCells) return;
    for (const { number, cells } of kept) writer.row(number, cells);
    kept = undefined;
  };

  await scanXml(zip.stream(part), {
    open(name, attributes) {
      if (name === 'row') row = { number: Number(attributes.r ?? row.number + 1), cells: [] };
      else if (name === 'c') {
        const column = attributes.r === undefined ? cell.column + 1 : columnOf(attributes.r);
        cell = { column, type: attributes.t ?? 'n', style: Number(attributes.s ?? 0) };
        value = '';
        formula = '';
      } else if (name === 'v' || name === 't') target = 'value';
      else if (name === 'f') target = 'formula';
      else if (name === 'rPh') target = undefined;
      else if (name === 'mergeCell') repeatDown(kept, attributes.ref ?? '');
    },
    text(text) {
      if (target === 'value') value += text;
      else if (target === 'formula') formula += text;
    },
    close(name) {
      if (name === 'v' || name === 't' || name === 'f') target = undefined;
      else if (name === 'c') {
        const shown = value === '' && formula !== '' ? `=${formula}` : showCell(value, cell, values);
        if (shown !== '' && cell.column < maxColumns) row.cells[cell.column] = shown;
      } else if (name === 'row') {
        endRow();
        cell = { column: -1, type: '', style: 0 };
      }
    },
  });
  for (const { number, cells } of kept ?? []) writer.row(number, cells);
}

function showCell(
  value: string,
  cell: { readonly type: string; readonly style: number },
  values: Values,
): string {
  switch (cell.type) {
    case 's':
      return values.strings[Number(value)] ?? '';
    case 'b':
      return value === '1' ? 'TRUE' : 'FALSE';
    case 'n':
      return value === '' ? '' : showNumber(value, values.forms[cell.style] ?? 'number', values.startsIn1904);
    default:
      return value;
  }
}

/** From 0; `B3` is 1. */
function columnOf(reference: string): number {
  let column = 0;
  for (const letter of /^[A-Z]*/i.exec(reference)![0].toUpperCase())
    column = column * 26 + letter.charCodeAt(0) - 64;
  return column - 1;
}

function repeatDown(rows: readonly Row[] | undefined, reference: string): void {
  const range = /^([A-Z]+)(\d+):[A-Z]+(\d+)$/i.exec(reference);
  if (rows === undefined || range === null) return;
  const column = columnOf(range[1]!);
  const [first, last] = [Number(range[2]), Number(range[3])];
  const text = rows.find(({ number }) => number === first)?.cells[column];
  if (text === undefined) return;
  for (const { number, cells } of rows) {
    if (number > first && number <= last) cells[column] ??= text;
  }
}
