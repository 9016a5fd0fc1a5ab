import type { ParsedDocument } from '../../domain/parsed-document.ts';
import { type BlockWriter, createBlockWriter } from './block-writer.ts';
import { writeChart } from './office-chart.ts';
import { findMainPart, type Relation, readPackageTitle, readPart, readRelations } from './ooxml-package.ts';
import { createSheetWriter } from './sheet-writer.ts';
import { writeSheetComments } from './xlsx-comments.ts';
import { readSheetRows } from './xlsx-rows.ts';
import { readSharedStrings } from './xlsx-strings.ts';
import { readNumberForms } from './xlsx-styles.ts';
import { childElements, descendants, elementAt, textOf } from './xml-walk.ts';
import { openZip, type ZipReader } from './zip-reader.ts';

const mediaType = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';

/**
 * Parses a workbook: a sheet is a section with its name as the heading, what empty rows and columns part are tables of
 * their own. Values are shown, formulas only where no value is stored with them; charts are tables, comments a section
 * of their own. Hidden sheets are left out unless all are.
 * @throws {DocumentRefused} `too_large`, `encrypted`, `corrupt`, `empty`
 */
export async function parseXlsx(bytes: Uint8Array): Promise<ParsedDocument> {
  const zip = openZip(bytes);
  const main = await findMainPart(zip, 'xl/workbook.xml');
  const relations = await readRelations(zip, main);
  const workbook = await readPart(zip, main);
  const targetOf = (type: string): string | undefined =>
    relations.find((relation) => relation.type === type)?.target;
  const values = {
    strings: await readSharedStrings(zip, targetOf('sharedStrings')),
    forms: readNumberForms(await readPart(zip, targetOf('styles'))),
    startsIn1904: /^(?:1|true)$/.test(elementAt(workbook, 'workbookPr')?.attributes.date1904 ?? ''),
  };
  const persons = await readPart(zip, targetOf('person'));
  const writer = createBlockWriter();
  const rows = createSheetWriter(writer);
  const sheets = childElements(elementAt(workbook, 'sheets'), 'sheet');
  const shown = sheets.filter(({ attributes }) => !/hidden/i.test(attributes.state ?? ''));
  for (const { attributes } of shown.length > 0 ? shown : sheets) {
    const part = relations.find(({ id }) => id === attributes['r:id'])?.target;
    if (part === undefined) continue;
    const sheet = attributes.name ?? '';
    writer.locate({ sheet });
    writer.heading(1, sheet);
    await readSheetRows(zip, part, values, rows);
    rows.end();
    const parts = await readRelations(zip, part);
    await writeDrawings(writer, zip, parts);
    await writeSheetComments(writer, zip, parts, persons);
  }
  return writer.finish({ mediaType, title: await readPackageTitle(zip) });
}

/** Charts and text boxes that lie on a sheet. */
async function writeDrawings(writer: BlockWriter, zip: ZipReader, parts: readonly Relation[]): Promise<void> {
  for (const { target } of parts.filter(({ type }) => type === 'drawing')) {
    const drawing = await readPart(zip, target);
    for (const box of descendants(drawing, 'txBody')) {
      const lines = childElements(box, 'p').map((line) => descendants(line, 't').map(textOf).join(''));
      writer.block('paragraph', lines.join('\n'));
    }
    for (const relation of await readRelations(zip, target)) {
      const chart = relation.type === 'chart' ? await readPart(zip, relation.target) : undefined;
      if (chart !== undefined) writeChart(writer, chart);
    }
  }
}
