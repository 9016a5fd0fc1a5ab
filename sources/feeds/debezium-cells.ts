import { type Cell, type Row, unavailable } from './cell.ts';
import type { ColumnType } from './mapping.ts';
import { ExactNumber, isJsonObject, type Json, type JsonObject } from './parse-json.ts';

/** How a source tells that it does not send a value: the placeholder as text, base64, hex, bytes or in a list. */
export type IsPlaceholder = (value: Json) => boolean;

/** @param text the placeholder, Debezium's `unavailable.value.placeholder` */
export function createPlaceholderTest(text: string): IsPlaceholder {
  const bytes = Buffer.from(text);
  const spellings = new Set([text, bytes.toString('base64'), bytes.toString('hex')]);
  const isPlaceholder: IsPlaceholder = (value) => {
    if (typeof value === 'string') {
      if (spellings.has(value)) return true;
      // An hstore comes as JSON text.
      return value.startsWith('{') && value === JSON.stringify({ [text]: text });
    }
    if (Array.isArray(value)) {
      if (value.length === 1) return isPlaceholder(value[0]);
      return value.length === bytes.length && value.every((item, at) => item === bytes[at]);
    }
    return isJsonObject(value) && value[text] === text;
  };
  return isPlaceholder;
}

/**
 * Reads the values of a row: by the event's schema where it has one, else by the mapping's types, else as they are.
 * @param schema the schema of the row's struct, as Kafka Connect writes it
 */
export function readRow(
  row: JsonObject,
  schema: JsonObject | undefined,
  types: Readonly<Record<string, ColumnType>>,
  isPlaceholder: IsPlaceholder,
): Row {
  const fields = new Map(listOf(schema?.fields).map((field) => [field.field, field]));
  return Object.fromEntries(
    Object.entries(row).map(([column, value]): [string, Cell] => {
      if (isPlaceholder(value)) return [column, unavailable];
      const field = fields.get(column);
      const type = Object.hasOwn(types, column) ? types[column] : undefined;
      return [column, type === undefined ? readBySchema(value, field) : readByType(value, type)];
    }),
  );
}

const unitsPerSecond = { milliseconds: 1_000n, microseconds: 1_000_000n, nanoseconds: 1_000_000_000n };
const timestamps: Readonly<Record<string, ColumnType>> = {
  'io.debezium.time.Date': 'days',
  'org.apache.kafka.connect.data.Date': 'days',
  'io.debezium.time.Timestamp': 'milliseconds',
  'org.apache.kafka.connect.data.Timestamp': 'milliseconds',
  'io.debezium.time.MicroTimestamp': 'microseconds',
  'io.debezium.time.NanoTimestamp': 'nanoseconds',
};
const times: Readonly<Record<string, keyof typeof unitsPerSecond>> = {
  'io.debezium.time.Time': 'milliseconds',
  'org.apache.kafka.connect.data.Time': 'milliseconds',
  'io.debezium.time.MicroTime': 'microseconds',
  'io.debezium.time.NanoTime': 'nanoseconds',
};

function readBySchema(value: Json, schema: JsonObject | undefined): Cell {
  if (value === null || schema === undefined) return value;
  const logical = typeof schema.name === 'string' ? schema.name : '';
  if (logical === 'org.apache.kafka.connect.data.Decimal') {
    const scale = isJsonObject(schema.parameters) ? Number(schema.parameters.scale ?? 0) : 0;
    return readByType(value, { decimal: scale });
  }
  if (logical === 'io.debezium.data.VariableScaleDecimal') return readByType(value, { decimal: 0 });
  if (Object.hasOwn(timestamps, logical)) return readByType(value, timestamps[logical]!);
  if (Object.hasOwn(times, logical)) return timeOfDay(value, unitsPerSecond[times[logical]!]);
  if (schema.type === 'bytes' && typeof value === 'string') return Buffer.from(value, 'base64');
  if (schema.type === 'array' && Array.isArray(value) && isJsonObject(schema.items)) {
    const items = schema.items;
    return value.map((item: Json) => readBySchema(item, items));
  }
  return value;
}

function readByType(value: Json, type: ColumnType): Cell {
  if (value === null) return null;
  if (typeof type === 'object') return decimalOf(value, type.decimal);
  if (type === 'text') return value;
  if (type === 'base64' || type === 'hex') {
    return typeof value === 'string' ? Buffer.from(value, type) : value;
  }
  const units = wholeNumber(value);
  if (units === undefined) return value;
  if (type === 'days') return isoTime(units * 86_400n, 1n, 0n)?.slice(0, -'T00:00:00'.length) ?? value;
  const perSecond = unitsPerSecond[type];
  const fraction = ((units % perSecond) + perSecond) % perSecond;
  return isoTime((units - fraction) / perSecond, perSecond, fraction) ?? value;
}

/** Two's complement bytes, most significant first, with the point `scale` digits from the right. */
function decimalOf(value: Json, scale: number): Cell {
  if (isJsonObject(value)) {
    const inner = value.value;
    return typeof inner === 'string' ? decimalOf(inner, Number(value.scale ?? scale)) : null;
  }
  // Already decimal where the source was told to write decimals as numbers or texts.
  if (typeof value !== 'string') return value;
  const bytes = Buffer.from(value, 'base64');
  const unscaled =
    bytes.length === 0 ? 0n : BigInt.asIntN(bytes.length * 8, BigInt(`0x${bytes.toString('hex')}`));
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, '0');
  const sign = unscaled < 0n ? '-' : '';
  const text =
    scale <= 0
      ? `${sign}${digits}${unscaled === 0n ? '' : '0'.repeat(-scale)}`
      : `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
  const number = Number(text);
  return digits.length <= 15 && Number.isFinite(number) ? number : new ExactNumber(text);
}

/** Without a zone: the column has none. Undefined outside of the years that ISO 8601 writes with four digits. */
function isoTime(seconds: bigint, perSecond: bigint, fraction: bigint): string | undefined {
  const date = new Date(Number(seconds) * 1_000);
  if (Number.isNaN(date.getTime()) || date.getUTCFullYear() < 0 || date.getUTCFullYear() > 9_999)
    return undefined;
  return date.toISOString().slice(0, -'.000Z'.length) + fractionOf(perSecond, fraction);
}

function timeOfDay(value: Json, perSecond: bigint): Cell {
  const units = wholeNumber(value);
  if (units === undefined || units < 0n) return value;
  const seconds = Number(units / perSecond);
  const parts = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60];
  return (
    parts.map((part) => String(part).padStart(2, '0')).join(':') + fractionOf(perSecond, units % perSecond)
  );
}

function fractionOf(perSecond: bigint, fraction: bigint): string {
  if (fraction === 0n) return '';
  return `.${fraction.toString().padStart(perSecond.toString().length - 1, '0')}`;
}

function wholeNumber(value: Json): bigint | undefined {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value);
  if (value instanceof ExactNumber && /^-?\d+$/.test(value.text)) return BigInt(value.text);
  return undefined;
}

function listOf(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}
