import type { FeedReader, FeedReading } from '../../domain/change-event.ts';
import { InvalidInput } from '../../domain/errors.ts';
import type { Row } from './cell.ts';
import { createLineageCheck } from './check-lineage.ts';
import { createReader } from './create-reader.ts';
import { createPlaceholderTest, type IsPlaceholder, readRow } from './debezium-cells.ts';
import { type DebeziumEvent, unwrapDebezium } from './debezium-envelope.ts';
import { debeziumPosition } from './debezium-position.ts';
import { readExtendedJson } from './extended-json.ts';
import { identityOf, mapRow, type RowIdentity, type RowParts } from './map-row.ts';
import { parseMapping, type TableMapping, tableOf } from './mapping.ts';
import { isJsonObject, type Json, type JsonObject, parseJson } from './parse-json.ts';
import { UnreadableEvent } from './unreadable-event.ts';

/**
 * Reads the change events of Debezium's connectors for Postgres, MySQL, MariaDB and MongoDB.
 * @throws {InvalidInput} for a mapping that is none
 */
export function createDebeziumReader(mappingValue?: unknown): FeedReader {
  if (mappingValue === undefined) {
    throw new InvalidInput('mapping', 'Expected a mapping that says which columns make a document, got none');
  }
  const mapping = parseMapping(mappingValue);
  const isPlaceholder = createPlaceholderTest(mapping.unavailableValue);
  const epochOf = createLineageCheck(mapping);

  const read = (json: Json): readonly FeedReading[] => {
    const event = unwrapDebezium(json);
    const ignored = ignoredKind(event.value);
    if (event.value === null || ignored !== undefined)
      return [{ kind: 'ignored', what: ignored ?? 'tombstone' }];
    const { value } = event;
    const names = tableNames(value);
    const table = tableOf(mapping, names);
    const position = debeziumPosition(value);
    if (table === undefined) return [{ kind: 'ignored', what: 'unmapped_table', position: position.text }];
    const epoch = epochOf(position.lineage);
    const base = {
      source: table.source ?? names[0]!,
      version: position.version(epoch),
      ...(position.lineage !== undefined && { log: { epoch, name: position.lineage } }),
      position: position.text,
      ...occurredAt(value),
    };
    if (value.op === 't') {
      if (table.tenant === undefined) return [{ kind: 'event', event: { operation: 'truncate', ...base } }];
      throw new UnreadableEvent(
        'mapping',
        'Cannot apply a truncation: the tenant is a column, so it concerns tenants that the event does not name',
      );
    }
    const rows = readRows(event, table, isPlaceholder);
    const readings = changesOf(value.op, rows, table, isMongo(value)).map(
      (change): FeedReading => ({
        kind: 'event',
        event: { ...base, ...change },
      }),
    );
    // The reads of one snapshot share a version: what is below it was gone when the snapshot was taken.
    if (mapping.snapshotsAreWhole && table.tenant === undefined && endsSnapshot(value)) {
      const below = base.version - 1n;
      readings.push({ kind: 'event', event: { operation: 'truncate', ...base, version: below } });
    }
    return readings;
  };

  return createReader(read, (json) => {
    try {
      const { value } = unwrapDebezium(json);
      return value === null ? undefined : debeziumPosition(value).text;
    } catch {
      // The event has no position that could be read; the refusal has told why.
      return undefined;
    }
  });
}

/** What an event is where it is about no row. */
function ignoredKind(value: JsonObject | null): string | undefined {
  if (value === null) return 'tombstone';
  if (value.op === 'm') return 'message';
  if (value.op !== undefined) return undefined;
  if ('ddl' in value || 'tableChanges' in value || 'historyRecord' in value) return 'schema';
  if (typeof value.status === 'string' && typeof value.id === 'string' && 'event_count' in value) {
    return 'transaction';
  }
  if (Object.keys(value).every((field) => /^ts_(ms|us|ns)$/.test(field))) return 'heartbeat';
  throw new UnreadableEvent(
    'invalid_event',
    'Expected a Debezium event with op, before, after and source, got none of an op (events flattened by ExtractNewRecordState have no position)',
  );
}

/** True for the last read of a table, but of an incremental snapshot, whose reads have versions of their own. */
function endsSnapshot({ op, source }: JsonObject): boolean {
  const mark = isJsonObject(source) ? source.snapshot : undefined;
  return op === 'r' && (mark === 'last' || mark === 'last_in_data_collection');
}

/** The names of an event's table, the most exact first; that one also names the documents' source. */
function tableNames(value: JsonObject): readonly string[] {
  const source = isJsonObject(value.source) ? value.source : {};
  const table = String(source.table ?? source.collection ?? '');
  const parents = [source.name, source.connector === 'postgresql' ? source.schema : source.db]
    .filter((part) => part !== undefined && part !== null && part !== '')
    .map(String);
  return [[...parents, table].join('.'), [...parents.slice(-1), table].join('.'), table];
}

interface Rows {
  readonly before?: Row;
  readonly after?: Row;
  readonly key?: Row;
}

function readRows(event: DebeziumEvent, table: TableMapping, isPlaceholder: IsPlaceholder): Rows {
  const value = event.value!;
  const rows: { before?: Row; after?: Row; key?: Row } = {};
  for (const side of ['before', 'after'] as const) {
    const given = value[side];
    if (given === null || given === undefined) continue;
    rows[side] = isMongo(value)
      ? readExtendedJson(mongoDocument(given, side))
      : readRow(rowObject(given, side), fieldSchema(event.schema, side), table.types, isPlaceholder);
  }
  if (event.key !== undefined) {
    rows.key = isMongo(value)
      ? readExtendedJson({ _id: typeof event.key.id === 'string' ? parseJson(event.key.id) : event.key.id! })
      : readRow(event.key, event.keySchema, table.types, isPlaceholder);
  }
  return rows;
}

/** A change without what all changes of one event share. */
type ChangeParts =
  | ({ readonly operation: 'delete' } & RowIdentity)
  | ({ readonly operation: 'upsert' } & RowIdentity & RowParts);

function changesOf(
  operation: Json | undefined,
  rows: Rows,
  table: TableMapping,
  isSchemaless: boolean,
): readonly ChangeParts[] {
  const { before, after, key } = rows;
  if (operation === 'd') return [{ operation: 'delete', ...deletedIdentity(rows, table) }];
  if (operation !== 'c' && operation !== 'u' && operation !== 'r') {
    throw new UnreadableEvent(
      'invalid_event',
      `Expected op to be c, u, d, r, t or m, got ${String(JSON.stringify(operation)).slice(0, 100)}`,
    );
  }
  if (after === undefined) {
    throw new UnreadableEvent(
      'invalid_event',
      `Cannot read an event of op ${operation}: it has no after${isSchemaless ? ' (set capture.mode to change_streams_update_full)' : ''}`,
    );
  }
  const identity = identityOf(table, after);
  const parts = mapRow(table, after, isSchemaless);
  const changes: ChangeParts[] = [];
  if (operation === 'u' && before !== undefined) {
    const former = formerIdentity(table, before, identity);
    if (former !== undefined) changes.push({ operation: 'delete', ...former });
  } else if (operation === 'u') checkIdentityIsFixed(table, key);
  // A row without a text has no document, and the one that it had must go.
  changes.push(
    parts === undefined
      ? { operation: 'delete', ...identity }
      : { operation: 'upsert', ...identity, ...parts },
  );
  return changes;
}

/** The key names the row for certain; `before` may hold nothing but the key, with empty values beside it. */
function deletedIdentity({ before, key }: Rows, table: TableMapping): RowIdentity {
  const row = { ...before, ...key };
  if (before === undefined && key === undefined) {
    throw new UnreadableEvent(
      'invalid_event',
      'Cannot read a deletion: it has neither before nor a key, so it does not say which row is gone',
    );
  }
  return identityOf(table, row);
}

/** The document that the row was before, where it is another one. */
function formerIdentity(table: TableMapping, before: Row, now: RowIdentity): RowIdentity | undefined {
  const former = identityOf(table, before);
  return former.documentId === now.documentId && former.tenantId === now.tenantId ? undefined : former;
}

/** Without `before`, an id or a tenant that changed would leave the old document behind, unseen. */
function checkIdentityIsFixed(table: TableMapping, key: Row | undefined): void {
  const { tenant, id } = table;
  const isInKey = (column: string): boolean => key !== undefined && Object.hasOwn(key, column);
  const loose = [
    ...(tenant === undefined || tenant.neverChanges ? [] : [tenant.column]),
    ...(key === undefined ? [] : id.columns),
  ].find((column) => !isInKey(column));
  if (loose === undefined) return;
  throw new UnreadableEvent(
    'mapping',
    `Cannot tell whether column ${JSON.stringify(loose)} has changed: the update has no before and the column is not in the key; have the source send whole rows (REPLICA IDENTITY FULL)${tenant?.column === loose ? ', or say neverChanges: true' : ''}`,
  );
}

function mongoDocument(given: Json, side: string): JsonObject {
  const document = typeof given === 'string' ? parseJson(given) : given;
  return rowObject(document, side);
}

function rowObject(given: Json, side: string): JsonObject {
  if (isJsonObject(given)) return given;
  throw new UnreadableEvent('invalid_event', `Expected ${side} to be an object`);
}

function fieldSchema(schema: JsonObject | undefined, side: string): JsonObject | undefined {
  const fields = schema?.fields;
  if (!Array.isArray(fields)) return undefined;
  return fields.filter(isJsonObject).find(({ field }) => field === side);
}

function isMongo(value: JsonObject): boolean {
  return isJsonObject(value.source) && value.source.connector === 'mongodb';
}

function occurredAt(value: JsonObject): { readonly occurredAt?: string } {
  const milliseconds = isJsonObject(value.source) ? value.source.ts_ms : undefined;
  if (typeof milliseconds !== 'number' || Math.abs(milliseconds) > 8.64e15) return {};
  return { occurredAt: new Date(milliseconds).toISOString() };
}
