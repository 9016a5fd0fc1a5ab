import { InvalidInput } from '../../domain/errors.ts';
import { isJsonObject } from './parse-json.ts';

/** How the parts of a text come from columns. */
export interface JoinedText {
  readonly columns: readonly string[];
  /** Text with `{column}` in it; absent: the columns that are not empty, joined by `join`. */
  readonly template?: string;
  readonly join: string;
}

/** How the rows of one table become documents. */
export interface TableMapping {
  readonly id: { readonly columns: readonly string[]; readonly prefix: string };
  /** Text made of columns; either it or `content`. */
  readonly text?: JoinedText;
  /** A column whose bytes or text are the document, parsed by its type. */
  readonly content?: { readonly column: string; readonly mediaType?: string };
  readonly title?: string;
  readonly uri?: string;
  /** Metadata key to column. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Columns of principals; an empty one lets no one in. */
  readonly allow?: string;
  readonly deny?: string;
  /** Absent: the feed's tenant. */
  readonly tenant?: { readonly column: string; readonly neverChanges: boolean };
  /** Name of the documents' source. @default the table's own name */
  readonly source?: string;
  /** What columns hold where the events carry no schema. */
  readonly types: Readonly<Record<string, ColumnType>>;
}

/** What a column holds: an encoding, or a decimal number of that many digits after the point. */
export type ColumnType = (typeof columnTypes)[number] | { readonly decimal: number };

export interface FeedMapping {
  /** Comes before the positions in each version: raise it when the source's log starts anew. @default 0 */
  readonly epoch: number;
  /** Logs that follow each other, oldest first: what an event's log must be. Absent: the first one seen. */
  readonly lineages?: readonly string[];
  /** Stands for a value that the source does not send. @default "__debezium_unavailable_value" */
  readonly unavailableValue: string;
  /**
   * The end of a snapshot takes away what the snapshot did not read: right where snapshots read whole tables.
   * @default false
   */
  readonly snapshotsAreWhole: boolean;
  /** By `schema.table`, `database.table` or `table`; events of other tables are ignored. */
  readonly tables?: Readonly<Record<string, TableMapping>>;
  /** For every table, where `tables` is absent. */
  readonly table?: TableMapping;
}

const columnTypes = ['text', 'base64', 'hex', 'days', 'milliseconds', 'microseconds', 'nanoseconds'] as const;
const feedFields = ['epoch', 'lineages', 'unavailableValue', 'snapshotsAreWhole', 'tables'];
const tableFields = [
  ...['id', 'text', 'content', 'title', 'uri', 'metadata', 'access', 'tenant', 'source', 'types'],
];

/**
 * Checks a mapping, as it was read from YAML or JSON.
 * @throws {InvalidInput} naming the field
 */
export function parseMapping(value: unknown): FeedMapping {
  const given = objectOf(value, 'mapping');
  const { epoch = 0, lineages, unavailableValue = '__debezium_unavailable_value', tables } = given;
  const known = tables === undefined ? [...feedFields, ...tableFields] : feedFields;
  checkFields(given, known, 'mapping');
  if (!Number.isSafeInteger(epoch) || Number(epoch) < 0 || Number(epoch) > 999_999) {
    throw new InvalidInput('mapping.epoch', `Expected mapping.epoch to be 0 to 999999, got ${show(epoch)}`);
  }
  return {
    epoch: Number(epoch),
    ...(lineages !== undefined && { lineages: namesOf(lineages, 'mapping.lineages') }),
    snapshotsAreWhole: trueOf(given.snapshotsAreWhole, 'mapping.snapshotsAreWhole'),
    unavailableValue: nameOf(unavailableValue, 'mapping.unavailableValue'),
    ...(tables === undefined
      ? { table: parseTable(given, 'mapping', feedFields) }
      : {
          tables: Object.fromEntries(
            Object.entries(objectOf(tables, 'mapping.tables')).map(([table, entry]) => [
              table,
              parseTable(objectOf(entry, `mapping.tables.${table}`), `mapping.tables.${table}`, []),
            ]),
          ),
        }),
  };
}

/** The mapping of a table by its names, the most exact first; undefined where the feed leaves it out. */
export function tableOf(mapping: FeedMapping, names: readonly string[]): TableMapping | undefined {
  if (mapping.tables === undefined) return mapping.table;
  const found = names.find((candidate) => Object.hasOwn(mapping.tables!, candidate));
  return found === undefined ? undefined : mapping.tables[found];
}

function parseTable(
  given: Readonly<Record<string, unknown>>,
  field: string,
  alsoKnown: readonly string[],
): TableMapping {
  checkFields(given, [...tableFields, ...alsoKnown], field);
  const { id, text, content, title, uri, metadata, access, tenant, source, types } = given;
  if (id === undefined)
    throw new InvalidInput(`${field}.id`, `Expected ${field}.id to name a column, got none`);
  if ((text === undefined) === (content === undefined)) {
    const got = text === undefined ? 'neither' : 'both';
    throw new InvalidInput(`${field}.text`, `Expected ${field} to name either text or content, got ${got}`);
  }
  return {
    id: parseId(id, `${field}.id`),
    ...(text !== undefined && { text: parseText(text, `${field}.text`) }),
    ...(content !== undefined && { content: parseContent(content, `${field}.content`) }),
    ...(title !== undefined && { title: nameOf(title, `${field}.title`) }),
    ...(uri !== undefined && { uri: nameOf(uri, `${field}.uri`) }),
    metadata: parseMetadata(metadata ?? {}, `${field}.metadata`),
    ...parseAccess(access, `${field}.access`),
    ...(tenant !== undefined && { tenant: parseTenant(tenant, `${field}.tenant`) }),
    ...(source !== undefined && { source: nameOf(source, `${field}.source`) }),
    types: parseTypes(types ?? {}, `${field}.types`),
  };
}

function parseId(value: unknown, field: string): TableMapping['id'] {
  if (!isJsonObject(value as never)) return { columns: namesOf(value, field), prefix: '' };
  const given = objectOf(value, field);
  checkFields(given, ['columns', 'prefix'], field);
  const prefix = given.prefix === undefined ? '' : nameOf(given.prefix, `${field}.prefix`);
  return { columns: namesOf(given.columns, `${field}.columns`), prefix };
}

function parseText(value: unknown, field: string): JoinedText {
  if (!isJsonObject(value as never)) return { columns: namesOf(value, field), join: '\n\n' };
  const given = objectOf(value, field);
  checkFields(given, ['columns', 'join', 'template'], field);
  if (given.template !== undefined) {
    const template = nameOf(given.template, `${field}.template`);
    const columns = [...template.matchAll(/\{([^{}]+)\}/g)].map((match) => match[1]!);
    return { columns: namesOf(columns, `${field}.template`), template, join: '' };
  }
  const join = given.join === undefined ? '\n\n' : String(given.join);
  return { columns: namesOf(given.columns, `${field}.columns`), join };
}

function parseContent(value: unknown, field: string): NonNullable<TableMapping['content']> {
  if (typeof value === 'string') return { column: nameOf(value, field) };
  const given = objectOf(value, field);
  checkFields(given, ['column', 'mediaType'], field);
  return {
    column: nameOf(given.column, `${field}.column`),
    ...(given.mediaType !== undefined && { mediaType: nameOf(given.mediaType, `${field}.mediaType`) }),
  };
}

function parseMetadata(value: unknown, field: string): Readonly<Record<string, string>> {
  if (Array.isArray(value)) {
    return Object.fromEntries(namesOf(value, field).map((column) => [column, column]));
  }
  const entries = Object.entries(objectOf(value, field));
  return Object.fromEntries(entries.map(([key, column]) => [key, nameOf(column, `${field}.${key}`)]));
}

function parseAccess(value: unknown, field: string): Pick<TableMapping, 'allow' | 'deny'> {
  if (value === undefined) return {};
  const given = objectOf(value, field);
  checkFields(given, ['allow', 'deny'], field);
  return {
    ...(given.allow !== undefined && { allow: nameOf(given.allow, `${field}.allow`) }),
    ...(given.deny !== undefined && { deny: nameOf(given.deny, `${field}.deny`) }),
  };
}

function parseTenant(value: unknown, field: string): NonNullable<TableMapping['tenant']> {
  if (typeof value === 'string') return { column: nameOf(value, field), neverChanges: false };
  const given = objectOf(value, field);
  checkFields(given, ['column', 'neverChanges'], field);
  return {
    column: nameOf(given.column, `${field}.column`),
    neverChanges: trueOf(given.neverChanges, `${field}.neverChanges`),
  };
}

function parseTypes(value: unknown, field: string): Readonly<Record<string, ColumnType>> {
  const entries = Object.entries(objectOf(value, field)).map(([column, type]): [string, ColumnType] => {
    const plain = columnTypes.find((known) => known === type);
    if (plain !== undefined) return [column, plain];
    const digits = typeof type === 'object' && type !== null && 'decimal' in type ? type.decimal : undefined;
    if (Number.isSafeInteger(digits) && Number(digits) >= 0) return [column, { decimal: Number(digits) }];
    throw new InvalidInput(
      `${field}.${column}`,
      `Expected ${field}.${column} to be ${columnTypes.join(', ')} or { decimal: digits }, got ${show(type)}`,
    );
  });
  return Object.fromEntries(entries);
}

function objectOf(value: unknown, field: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>;
  }
  throw new InvalidInput(field, `Expected ${field} to be a mapping of names, got ${show(value)}`);
}

function namesOf(value: unknown, field: string): readonly string[] {
  const names = Array.isArray(value) ? value : [value];
  if (names.length === 0) throw new InvalidInput(field, `Expected ${field} to name at least one column`);
  return names.map((entry) => nameOf(entry, field));
}

function nameOf(value: unknown, field: string): string {
  if (typeof value === 'string' && value !== '') return value;
  throw new InvalidInput(field, `Expected ${field} to be a text that is not empty, got ${show(value)}`);
}

function trueOf(value: unknown, field: string): boolean {
  if (value === undefined || typeof value === 'boolean') return value === true;
  throw new InvalidInput(field, `Expected ${field} to be true or false, got ${show(value)}`);
}

function checkFields(given: object, known: readonly string[], field: string): void {
  const stray = Object.keys(given).find((key) => !known.includes(key));
  if (stray === undefined) return;
  throw new InvalidInput(
    `${field}.${stray}`,
    `Unexpected field ${JSON.stringify(stray)} in ${field}, expected ${known.join(', ')}`,
  );
}

function show(value: unknown): string {
  return value === undefined ? 'none' : (JSON.stringify(value)?.slice(0, 100) ?? String(value));
}
