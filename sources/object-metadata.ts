import type { Access } from '../domain/access.ts';
import type { Metadata, MetadataValue } from '../domain/document.ts';
import { InvalidInput } from '../domain/errors.ts';

/** Ends the key of the object that holds another one's metadata: that one's key stands before it. */
export const metadataSuffix = '.metadata.json';

/** Larger ones are refused; Knowledge Bases takes 10 KB. */
export const maxMetadataBytes = 1_048_576;

/** False for what S3 says of an object whose type nobody named. */
export function tellsMediaType(mediaType: string | undefined): mediaType is string {
  return mediaType !== undefined && !/^(binary|application)\/octet-stream$/i.test(mediaType);
}

export interface ObjectMetadata {
  readonly metadata: Metadata;
  /** Where the file has a list of who may read. */
  readonly access?: Access;
}

/**
 * Reads a `.metadata.json` as Bedrock Knowledge Bases does: `{ "metadataAttributes": { … } }`, each value plain or
 * typed (`{ "value": { "type": "NUMBER", "numberValue": 1 }, "includeForEmbedding": false }`), and beside it
 * `accessControlList`, where who is not allowed is not let in. What cannot be read is refused whole, since the list of
 * who may read the document may be in it.
 * @throws {InvalidInput} naming the field
 */
export function parseObjectMetadata(text: string): ObjectMetadata {
  const root = parse(text);
  if (!isObject(root)) throw wrong('metadata file', 'an object with metadataAttributes', root);
  const unknown = Object.keys(root).find(
    (name) => name !== 'metadataAttributes' && name !== 'accessControlList' && name !== 'AccessControlList',
  );
  if (unknown !== undefined) {
    throw new InvalidInput(
      unknown,
      `Unknown field ${JSON.stringify(unknown)}, expected metadataAttributes and accessControlList`,
    );
  }
  const { metadataAttributes = {} } = root;
  if (!isObject(metadataAttributes)) throw wrong('metadataAttributes', 'an object', metadataAttributes);
  const metadata = Object.fromEntries(
    Object.entries(metadataAttributes).map(([key, value]) => [
      key,
      readValue(value, `metadataAttributes.${key}`),
    ]),
  );
  const list = root.accessControlList ?? root.AccessControlList;
  return { metadata, ...(list !== undefined && { access: readAccess(list) }) };
}

function readValue(given: unknown, field: string): MetadataValue {
  if (!isObject(given)) return readPlain(given, field);
  const { value } = given;
  if (!isObject(value)) throw wrong(`${field}.value`, 'an object with type and a value of that type', value);
  switch (value.type) {
    case 'STRING':
      if (typeof value.stringValue === 'string') return value.stringValue;
      throw wrong(`${field}.value.stringValue`, 'a string', value.stringValue);
    case 'NUMBER':
      if (typeof value.numberValue === 'number') return value.numberValue;
      throw wrong(`${field}.value.numberValue`, 'a number', value.numberValue);
    case 'BOOLEAN':
      if (typeof value.booleanValue === 'boolean') return value.booleanValue;
      throw wrong(`${field}.value.booleanValue`, 'true or false', value.booleanValue);
    case 'STRING_LIST':
      if (isTexts(value.stringListValue)) return value.stringListValue;
      throw wrong(`${field}.value.stringListValue`, 'a list of strings', value.stringListValue);
    default:
      throw wrong(`${field}.value.type`, 'STRING, NUMBER, BOOLEAN or STRING_LIST', value.type);
  }
}

function readPlain(value: unknown, field: string): MetadataValue {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  if (isTexts(value)) return value;
  throw wrong(field, 'a string, a number, a boolean or a list of strings', value);
}

function readAccess(list: unknown): Access {
  if (!Array.isArray(list)) throw wrong('accessControlList', 'a list', list);
  const allow: string[] = [];
  const deny: string[] = [];
  list.forEach((entry: unknown, at) => {
    const field = `accessControlList[${at}]`;
    if (!isObject(entry)) throw wrong(field, 'an object with name, type and access', entry);
    const name = entry.name ?? entry.Name;
    const type = entry.type ?? entry.Type;
    const access = entry.access ?? entry.Access;
    if (typeof name !== 'string' || name === '') throw wrong(`${field}.name`, 'a name', name);
    if (type !== 'USER' && type !== 'GROUP') throw wrong(`${field}.type`, 'USER or GROUP', type);
    if (access !== 'ALLOW' && access !== 'DENY') throw wrong(`${field}.access`, 'ALLOW or DENY', access);
    (access === 'ALLOW' ? allow : deny).push(`${type.toLowerCase()}:${name}`);
  });
  return { allow, ...(deny.length > 0 && { deny }) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\ufeff/, ''));
  } catch (cause) {
    throw new InvalidInput('metadata file', 'Expected the metadata file to be JSON', { cause });
  }
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function wrong(field: string, wanted: string, value: unknown): InvalidInput {
  const got = value === undefined ? 'nothing' : (JSON.stringify(value) ?? typeof value).slice(0, 100);
  return new InvalidInput(field, `Expected ${field} to be ${wanted}, got ${got}`);
}
