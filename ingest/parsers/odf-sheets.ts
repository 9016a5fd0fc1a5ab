import { DocumentRefused } from '../../domain/errors.ts';
import type { BlockWriter } from './block-writer.ts';
import { rowCells } from './odf-text.ts';
import { createSheetWriter } from './sheet-writer.ts';
import type { XmlElement } from './xml.ts';
import { childElements, descendants } from './xml-walk.ts';

/** A row of text that often is no table but a trap. */
const maxRepeated = 10_000;

/** Writes the sheets of a spreadsheet, each below its name, its comments after it. */
export function writeOdfSheets(writer: BlockWriter, spreadsheet: XmlElement): void {
  const rows = createSheetWriter(writer);
  for (const table of childElements(spreadsheet, 'table')) {
    const sheet = table.attributes.name ?? '';
    const comments: string[] = [];
    writer.locate({ sheet });
    writer.heading(1, sheet);
    let number = 1;
    for (const row of descendants(table, 'table-row')) {
      const cells = rowCells(row, { notes: [], comments });
      const repeated = Number(row.attributes['number-rows-repeated'] ?? 1);
      // A sheet ends in a row that is repeated a million times and has no cells.
      if (cells.length > 0) {
        if (repeated > maxRepeated) throw tooOften();
        for (let at = 0; at < repeated; at++) rows.row(number + at, cells);
      }
      number += repeated;
    }
    rows.end();
    if (comments.length > 0) writer.heading(2, 'Comments');
    for (const comment of comments) writer.block('paragraph', comment);
  }
}

function tooOften(): DocumentRefused {
  return new DocumentRefused(
    'too_large',
    `Cannot parse the document: expected a row to be repeated at most ${maxRepeated} times`,
  );
}
