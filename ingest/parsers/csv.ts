import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { CsvError, type Options, parse } from 'csv-parse';
import { DocumentRefused } from '../../domain/errors.ts';
import type { ParsedDocument } from '../../domain/parsed-document.ts';
import { createBlockWriter, tableLine } from './block-writer.ts';
import { type Delimiter, sniffDelimiter } from './sniff-delimiter.ts';
import { isHeaderRow } from './table-header.ts';

type DelimitedMediaType = 'text/csv' | 'text/tab-separated-values';

const sliceCharacters = 65_536;
const firstRows = 20;

/**
 * Parses comma-, semicolon-, tab- or bar-separated values into one table. Its first row is the header unless it
 * holds numbers where the next row does; single cells above it (a sheet's title) become headings.
 */
export async function parseCsv(content: string, mediaType: DelimitedMediaType): Promise<ParsedDocument> {
  // Excel names the delimiter in a first line of its own.
  const hint = /^\ufeff?sep=([,;|\t])\r?\n/i.exec(content);
  // Files that were put together have several kinds of line ends, of which the library follows the first.
  const text = (hint === null ? content : content.slice(hint[0].length)).replace(/\r\n?/g, '\n');
  const delimiter = (hint?.[1] as Delimiter | undefined) ?? sniffDelimiter(text) ?? fallback(mediaType);
  const { first, lines } = await readTable(text, delimiter);

  const columns = first.reduce((most, row) => Math.max(most, row.length), 0);
  const writer = createBlockWriter();
  while (first.length > 1 && columns > 1 && isTitle(first[0]!)) {
    writer.heading(1, first.shift()![0]!);
    lines.shift();
  }
  const header = first.length > 1 && isHeaderRow(first[0]!, first[1]!) ? lines.shift()! : '';
  writer.table(header, lines);
  return writer.finish({ mediaType });
}

interface Table {
  /** The cells of the first rows, among which titles and the header are. */
  readonly first: string[][];
  /** Of all rows; cells would take several times the memory. */
  readonly lines: string[];
}

async function readTable(text: string, delimiter: Delimiter): Promise<Table> {
  const options: Options = { delimiter, relaxColumnCount: true, skipEmptyLines: true, relaxQuotes: true };
  try {
    return await read(text, options);
  } catch (cause) {
    // A quote that never closes is part of the data: a measure in inches, an apostrophe of another kind.
    if (cause instanceof CsvError && cause.code === 'CSV_QUOTE_NOT_CLOSED') {
      return await read(text, { ...options, quote: null });
    }
    throw new DocumentRefused('corrupt', `Cannot parse the table: ${(cause as Error).message}`, { cause });
  }
}

async function read(text: string, options: Options): Promise<Table> {
  const table: Table = { first: [], lines: [] };
  const parser = parse(options);
  await pipeline(Readable.from(slices(text)), parser, async (records: AsyncIterable<string[]>) => {
    for await (const record of records) {
      if (table.first.length < firstRows) table.first.push(record);
      table.lines.push(tableLine(record));
    }
  });
  return table;
}

function* slices(text: string): Iterable<string> {
  for (let at = 0; at < text.length; at += sliceCharacters) yield text.slice(at, at + sliceCharacters);
}

function isTitle(row: readonly string[]): boolean {
  return row[0]?.trim() !== '' && row.slice(1).every((cell) => cell.trim() === '') && row.length !== 1;
}

function fallback(mediaType: DelimitedMediaType): Delimiter {
  return mediaType === 'text/csv' ? ',' : '\t';
}
