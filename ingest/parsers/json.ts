import { DocumentRefused } from '../../domain/errors.ts';
import type { ParsedDocument } from '../../domain/parsed-document.ts';
import { type BlockWriter, createBlockWriter, tableLine } from './block-writer.ts';

type JsonMediaType = 'application/json' | 'application/x-ndjson';
type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
type Scalar = string | number | boolean | null;

const maxDepth = 500;
const maxTableColumns = 100;
/** Longer values are prose: the record becomes a paragraph of its own instead of a row. */
const maxCellCharacters = 200;

/**
 * Parses JSON into lines `path.to.key: value`, a paragraph for each member of the outermost value, and arrays of
 * flat objects into tables below a heading with their path. NDJSON is read as an array.
 *
 * @throws {DocumentRefused} `corrupt` for invalid JSON, `too_large` when nested more than 500 deep
 */
export function parseJson(content: string, mediaType: JsonMediaType): ParsedDocument {
  const text = content.replace(/^\ufeff/, '');
  const value = mediaType === 'application/json' ? readValue(text) : readLines(text);
  const writer = createBlockWriter();
  const title = isObject(value)
    ? [value.title, value.name].find((name) => typeof name === 'string')
    : undefined;
  writeMembers(writer, value);
  return writer.finish({ mediaType, title });
}

function readValue(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (cause) {
    if (cause instanceof RangeError) throw tooDeep();
    throw new DocumentRefused('corrupt', `Cannot parse the document as JSON: ${(cause as Error).message}`, {
      cause,
    });
  }
}

function readLines(text: string): Json[] {
  const values: Json[] = [];
  let line = 0;
  for (const row of text.split('\n')) {
    line++;
    if (row.trim() === '') continue;
    try {
      values.push(JSON.parse(row) as Json);
    } catch (cause) {
      throw new DocumentRefused('corrupt', `Cannot parse line ${line} as JSON: ${(cause as Error).message}`, {
        cause,
      });
    }
  }
  return values;
}

function writeMembers(writer: BlockWriter, value: Json): void {
  if (isScalar(value)) {
    writer.block('paragraph', scalarText(value));
    return;
  }
  if (isArray(value)) {
    const table = asTable(value);
    if (table !== undefined) writer.table(table.header, table.rows);
    else if (value.every(isScalar)) writer.block('paragraph', value.map(scalarText).join('\n'));
    else for (const item of value) writeRecord(writer, '', item);
    return;
  }
  for (const [key, member] of Object.entries(value)) {
    const table = isArray(member) ? asTable(member) : undefined;
    if (table === undefined) writeRecord(writer, key, member);
    else {
      writer.heading(1, key);
      writer.table(table.header, table.rows);
    }
  }
}

function writeRecord(writer: BlockWriter, path: string, value: Json): void {
  const lines: string[] = [];
  addLines(lines, path, value, 1);
  writer.block('paragraph', lines.join('\n'));
}

function addLines(lines: string[], path: string, value: Json, depth: number): void {
  if (depth > maxDepth) throw tooDeep();
  if (isScalar(value)) {
    if (value !== null && value !== '')
      lines.push(path === '' ? scalarText(value) : `${path}: ${scalarText(value)}`);
  } else if (isArray(value)) {
    if (value.every(isScalar)) {
      if (value.length > 0) lines.push(`${path}${path && ': '}${value.map(scalarText).join(', ')}`);
    } else {
      for (const [at, item] of value.entries()) addLines(lines, `${path}[${at}]`, item, depth + 1);
    }
  } else {
    for (const [key, item] of Object.entries(value)) {
      addLines(lines, path === '' ? key : `${path}.${key}`, item, depth + 1);
    }
  }
}

function asTable(items: readonly Json[]): { readonly header: string; readonly rows: string[] } | undefined {
  if (items.length < 2) return undefined;
  const columns = new Set<string>();
  let cells = 0;
  for (const item of items) {
    if (!isObject(item)) return undefined;
    for (const [key, value] of Object.entries(item)) {
      if (!isScalar(value) || scalarText(value).length > maxCellCharacters) return undefined;
      columns.add(key);
      cells++;
    }
    if (columns.size > maxTableColumns) return undefined;
  }
  // Records that share few keys would leave most cells empty.
  if (cells * 2 < items.length * columns.size) return undefined;
  const keys = [...columns];
  const rows = (items as readonly { readonly [key: string]: Scalar }[]).map((item) =>
    tableLine(keys.map((key) => scalarText(item[key] ?? null))),
  );
  return { header: tableLine(keys), rows };
}

function scalarText(value: Scalar): string {
  return value === null ? '' : String(value);
}

function isScalar(value: Json): value is Scalar {
  return value === null || typeof value !== 'object';
}

function isArray(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function isObject(value: Json): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function tooDeep(): DocumentRefused {
  return new DocumentRefused(
    'too_large',
    `Cannot parse the document: expected JSON nested at most ${maxDepth} deep`,
  );
}
