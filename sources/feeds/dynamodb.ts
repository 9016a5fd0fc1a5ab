import type { FeedReader, FeedReading } from '../../domain/change-event.ts';
import { InvalidInput } from '../../domain/errors.ts';
import type { Cell, Row } from './cell.ts';
import { createReader } from './create-reader.ts';
import { makeVersion } from './make-version.ts';
import { identityOf, mapRow, type RowIdentity } from './map-row.ts';
import { type FeedMapping, parseMapping, type TableMapping, tableOf } from './mapping.ts';
import { ExactNumber, isJsonObject, type Json, type JsonObject } from './parse-json.ts';
import { UnreadableEvent } from './unreadable-event.ts';

/**
 * Reads the records of DynamoDB Streams: as a Lambda function receives them (`{ "Records": […] }`), or one record a line.
 * The sequence number, unique and rising within an item's shard, is the version.
 * @throws {InvalidInput} for a mapping that is none
 */
export function createDynamoDbReader(mappingValue?: unknown): FeedReader {
  if (mappingValue === undefined) {
    throw new InvalidInput(
      'mapping',
      'Expected a mapping that says which attributes make a document, got none',
    );
  }
  const mapping = parseMapping(mappingValue);
  return createReader(
    (json) => recordsOf(json).flatMap((record) => readRecord(record, mapping)),
    (json) =>
      isJsonObject(json) && isJsonObject(json.dynamodb) ? textField(json.dynamodb.SequenceNumber) : undefined,
  );
}

function recordsOf(json: Json): readonly JsonObject[] {
  if (isJsonObject(json)) {
    if (isJsonObject(json.dynamodb)) return [json];
    // One that is no object is refused with the others: nothing is passed over.
    if (Array.isArray(json.Records) && json.Records.every(isJsonObject)) return json.Records;
  }
  throw new UnreadableEvent(
    'invalid_event',
    'Expected a record of DynamoDB Streams with dynamodb, or a list of Records',
  );
}

function readRecord(record: JsonObject, mapping: FeedMapping): readonly FeedReading[] {
  const { dynamodb } = record;
  if (!isJsonObject(dynamodb))
    throw new UnreadableEvent('invalid_event', 'Expected a record to have dynamodb, got none');
  const sequence = textField(dynamodb.SequenceNumber);
  if (sequence === undefined || !/^\d{1,60}$/.test(sequence)) {
    throw new UnreadableEvent(
      'invalid_event',
      'Expected SequenceNumber to be a whole number of at most 60 digits',
    );
  }
  const tableName = tableNameOf(record.eventSourceARN);
  const table = tableOf(mapping, [tableName]);
  if (table === undefined) return [{ kind: 'ignored', what: 'unmapped_table', position: sequence }];
  const base = {
    source: table.source ?? tableName,
    version: makeVersion(mapping.epoch, [['SequenceNumber', BigInt(sequence), 60]]),
    position: sequence,
    ...occurredAt(dynamodb.ApproximateCreationDateTime),
  };
  const keys = itemOf(dynamodb.Keys);
  const old = itemOf(dynamodb.OldImage);
  const removed = (identity: RowIdentity): FeedReading => ({
    kind: 'event',
    event: { operation: 'delete', ...base, ...identity },
  });
  if (record.eventName === 'REMOVE') return [removed(identityOf(table, { ...old, ...keys }))];
  if (record.eventName !== 'INSERT' && record.eventName !== 'MODIFY') {
    throw new UnreadableEvent('invalid_event', 'Expected eventName to be INSERT, MODIFY or REMOVE');
  }
  const image = itemOf(dynamodb.NewImage);
  if (image === undefined) {
    throw new UnreadableEvent(
      'invalid_event',
      'Cannot read the item: the record has no NewImage; set the stream view type to NEW_IMAGE or NEW_AND_OLD_IMAGES',
    );
  }
  const identity = identityOf(table, { ...image, ...keys });
  const parts = mapRow(table, image, true);
  return [
    ...formerReadings(record.eventName, table, old, keys, identity, removed),
    parts === undefined
      ? removed(identity)
      : { kind: 'event', event: { operation: 'upsert', ...base, ...identity, ...parts } },
  ];
}

/** A key never changes, but an id or a tenant made of other attributes may: the old document goes. */
function formerReadings(
  eventName: string,
  table: TableMapping,
  old: Row | undefined,
  keys: Row | undefined,
  now: RowIdentity,
  removed: (identity: RowIdentity) => FeedReading,
): readonly FeedReading[] {
  if (eventName !== 'MODIFY') return [];
  if (old !== undefined) {
    const former = identityOf(table, old);
    return former.documentId === now.documentId && former.tenantId === now.tenantId ? [] : [removed(former)];
  }
  const { tenant, id } = table;
  const columns = [...id.columns, ...(tenant === undefined || tenant.neverChanges ? [] : [tenant.column])];
  const loose = columns.find((column) => keys === undefined || !Object.hasOwn(keys, column));
  if (loose === undefined) return [];
  throw new UnreadableEvent(
    'mapping',
    `Cannot tell whether attribute ${JSON.stringify(loose)} has changed: it is not in the key and the record has no OldImage; set the stream view type to NEW_AND_OLD_IMAGES`,
  );
}

function itemOf(image: Json | undefined): Row | undefined {
  if (!isJsonObject(image)) return undefined;
  return Object.fromEntries(
    Object.entries(image).map(([attribute, value]) => [attribute, attributeValue(value)]),
  );
}

/** One attribute value: an object with its type as the only name. */
function attributeValue(value: Json): Cell {
  const [type, inner] = isJsonObject(value) ? (Object.entries(value)[0] ?? []) : [];
  switch (type) {
    case 'S':
    case 'BOOL':
    case 'SS':
      return inner as Cell;
    case 'N':
      return numberOf(String(inner));
    case 'NS':
      return Array.isArray(inner) ? inner.map((item: Json) => numberOf(String(item))) : null;
    case 'B':
      return Buffer.from(String(inner), 'base64');
    case 'BS':
      return Array.isArray(inner) ? inner.map((item: Json) => Buffer.from(String(item), 'base64')) : null;
    case 'L':
      return Array.isArray(inner) ? inner.map(attributeValue) : null;
    case 'M':
      return itemOf(inner) ?? null;
    case 'NULL':
      return null;
    default:
      throw new UnreadableEvent(
        'invalid_event',
        `Cannot read an attribute value of type ${JSON.stringify(type ?? null)}`,
      );
  }
}

/** DynamoDB keeps 38 digits, a double 15. */
function numberOf(text: string): Cell {
  const number = Number(text);
  return Number.isFinite(number) && String(number) === text ? number : new ExactNumber(text);
}

function tableNameOf(arn: Json | undefined): string {
  const text = typeof arn === 'string' ? arn : '';
  return /:table\/([^/]+)/.exec(text)?.[1] ?? (text === '' ? 'dynamodb' : text);
}

/** Seconds, or milliseconds where the record says so by their size. */
function occurredAt(value: Json | undefined): { readonly occurredAt?: string } {
  const milliseconds = typeof value === 'number' ? (value > 1e11 ? value : value * 1_000) : Number.NaN;
  return Math.abs(milliseconds) <= 8.64e15 ? { occurredAt: new Date(milliseconds).toISOString() } : {};
}

function textField(value: Json | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
