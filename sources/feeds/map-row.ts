import type { Access } from '../../domain/access.ts';
import type { KeptPart, UpsertEvent } from '../../domain/change-event.ts';
import type { MetadataValue } from '../../domain/document.ts';
import { type Cell, isUnavailable, name, type Row, textOf } from './cell.ts';
import type { JoinedText, TableMapping } from './mapping.ts';
import { ExactNumber } from './parse-json.ts';
import { UnreadableEvent } from './unreadable-event.ts';

/** Whose document a row is. */
export interface RowIdentity {
  readonly documentId: string;
  readonly tenantId?: string;
}

/** The parts of a document that a row gives. */
export type RowParts = Pick<
  UpsertEvent,
  'content' | 'mediaType' | 'title' | 'uri' | 'metadata' | 'keptMetadata' | 'kept' | 'access'
>;

/**
 * Reads the id of a row's document, and its tenant where a column says it.
 * @throws {UnreadableEvent} where a column is not there, not sent or empty
 */
export function identityOf(mapping: TableMapping, row: Row): RowIdentity {
  const { columns, prefix } = mapping.id;
  const values = columns.map((column) => requiredText(row, column, 'the id'));
  // Of several columns each is escaped, so that ("a/b", "c") and ("a", "b/c") stay two documents.
  const joined = values.length === 1 ? values[0]! : values.map(encodeURIComponent).join('/');
  return {
    documentId: prefix + joined,
    ...(mapping.tenant !== undefined && {
      tenantId: requiredText(row, mapping.tenant.column, 'the tenant'),
    }),
  };
}

/**
 * Reads the document that a row holds. Undefined where its text is empty: such a row has no document.
 *
 * @param isSchemaless a column that is not there counts as empty (documents of databases without columns)
 * @throws {UnreadableEvent} where the mapping does not fit the row, or a part that cannot be kept is not sent
 */
export function mapRow(mapping: TableMapping, row: Row, isSchemaless: boolean): RowParts | undefined {
  const cellOf = (column: string, part: string): Cell => {
    if (Object.hasOwn(row, column)) return row[column]!;
    if (isSchemaless) return null;
    throw new UnreadableEvent(
      'mapping',
      `Cannot map ${part}: the event has no column ${name(column)}, it has ${Object.keys(row).slice(0, 50).join(', ')}`,
    );
  };
  const content = mapping.text === undefined ? contentOf(mapping, cellOf) : joinedText(mapping.text, cellOf);
  const kept: KeptPart[] = [];
  const shownOf = (part: 'title' | 'uri'): string => {
    const column = mapping[part];
    if (column === undefined) return '';
    const cell = cellOf(column, part);
    if (!isUnavailable(cell)) return textOf(cell, column);
    kept.push(part);
    return '';
  };
  const title = shownOf('title');
  const uri = shownOf('uri');
  const metadata: Record<string, MetadataValue> = {};
  const keptMetadata: string[] = [];
  for (const [key, column] of Object.entries(mapping.metadata)) {
    const cell = cellOf(column, `metadata.${key}`);
    if (isUnavailable(cell)) keptMetadata.push(key);
    else if (cell !== null) metadata[key] = metadataValue(cell, column);
  }
  const access = accessOf(mapping, cellOf);
  if (access === 'kept') kept.push('access');
  if (
    typeof content === 'string'
      ? content.trim() === ''
      : content instanceof Uint8Array && content.length === 0
  ) {
    return undefined;
  }
  const mediaType = mapping.text === undefined ? mapping.content?.mediaType : 'text/plain';
  return {
    content,
    ...(mediaType !== undefined && { mediaType }),
    ...(title !== '' && { title }),
    ...(uri !== '' && { uri }),
    ...(hasKeys(metadata) && { metadata }),
    ...(keptMetadata.length > 0 && { keptMetadata }),
    ...(kept.length > 0 && { kept }),
    ...(access !== undefined && access !== 'kept' && { access }),
  };
}

type CellOf = (column: string, part: string) => Cell;

function joinedText(text: JoinedText, cellOf: CellOf): UpsertEvent['content'] {
  const cells = new Map<string, Cell>(text.columns.map((column) => [column, cellOf(column, 'text')]));
  const missing = [...cells].filter(([, cell]) => isUnavailable(cell)).map(([column]) => column);
  if (missing.length > 0) {
    if (missing.length === cells.size) return { keep: true };
    // What is stored is the whole text: whether the columns that were sent have changed in it cannot be told.
    throw new UnreadableEvent(
      'unavailable_value',
      `Cannot join the text: column ${name(missing[0]!)} is not sent but others are; map it alone, or have the source send whole rows (REPLICA IDENTITY FULL)`,
    );
  }
  if (text.template !== undefined) {
    return text.template.replace(/\{([^{}]+)\}/g, (_, column: string) => textOf(cells.get(column)!, column));
  }
  return [...cells]
    .map(([column, cell]) => textOf(cell, column))
    .filter((part) => part !== '')
    .join(text.join);
}

function contentOf(mapping: TableMapping, cellOf: CellOf): UpsertEvent['content'] {
  const { column } = mapping.content!;
  const cell = cellOf(column, 'content');
  if (isUnavailable(cell)) return { keep: true };
  return cell instanceof Uint8Array ? cell : textOf(cell, column);
}

/** A number that a double cannot hold stays as its digits, as text: nothing is rounded. */
function metadataValue(cell: Cell, column: string): MetadataValue {
  if (typeof cell === 'number' || typeof cell === 'boolean') return cell;
  if (
    Array.isArray(cell) &&
    cell.every((item: Cell) => item === null || typeof item !== 'object' || item instanceof ExactNumber)
  ) {
    return cell.filter((item: Cell) => item !== null).map((item: Cell) => textOf(item, column));
  }
  return textOf(cell, column);
}

function accessOf(mapping: TableMapping, cellOf: CellOf): Access | 'kept' | undefined {
  const { allow, deny } = mapping;
  if (allow === undefined && deny === undefined) return undefined;
  const cells = new Map<'allow' | 'deny', Cell>();
  if (allow !== undefined) cells.set('allow', cellOf(allow, 'access.allow'));
  if (deny !== undefined) cells.set('deny', cellOf(deny, 'access.deny'));
  // Where only one of the two is sent, reading the other tells that its value is not.
  if ([...cells.values()].every((cell) => isUnavailable(cell))) return 'kept';
  return {
    // A row that names no one is for no one: without a list it would be for everyone.
    ...(allow !== undefined && { allow: principalsOf(cells.get('allow')!, allow) }),
    ...(deny !== undefined && { deny: principalsOf(cells.get('deny')!, deny) }),
  };
}

/** A list, a JSON list as text, or one principal a line or between commas. */
function principalsOf(cell: Cell, column: string): readonly string[] {
  if (cell === null) return [];
  if (Array.isArray(cell)) {
    return cell.filter((item: Cell) => item !== null).map((item: Cell) => textOf(item, column));
  }
  const text = textOf(cell, column);
  if (/^\s*\[/.test(text)) {
    try {
      const list: unknown = JSON.parse(text);
      if (Array.isArray(list) && list.every((item) => typeof item === 'string')) return list;
    } catch {
      // Told below: it is no list of texts.
    }
    throw new UnreadableEvent('mapping', `Cannot read column ${name(column)} as a list of principals`);
  }
  return text
    .split(/[,\n]/)
    .map((principal) => principal.trim())
    .filter((principal) => principal !== '');
}

function requiredText(row: Row, column: string, part: string): string {
  if (!Object.hasOwn(row, column)) {
    throw new UnreadableEvent(
      'mapping',
      `Cannot map ${part}: the event has no column ${name(column)}, it has ${Object.keys(row).slice(0, 50).join(', ')}`,
    );
  }
  const text = textOf(row[column]!, column);
  if (text !== '') return text;
  throw new UnreadableEvent('invalid_event', `Cannot map ${part}: column ${name(column)} is empty`);
}

function hasKeys(record: object): boolean {
  return Object.keys(record).length > 0;
}
