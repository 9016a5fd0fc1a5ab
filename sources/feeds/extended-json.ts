import type { Cell, Row } from './cell.ts';
import { ExactNumber, isJsonObject, type Json, type JsonObject } from './parse-json.ts';

/** Reads MongoDB's Extended JSON (canonical, relaxed and the older strict form) as plain values. */
export function readExtendedJson(document: JsonObject): Row {
  return Object.fromEntries(Object.entries(document).map(([field, value]) => [field, plain(value)]));
}

function plain(value: Json): Cell {
  if (Array.isArray(value)) return value.map(plain);
  if (!isJsonObject(value)) return value;
  const [type, inner] = Object.entries(value)[0] ?? [];
  switch (type) {
    case '$oid':
    case '$symbol':
    case '$uuid':
      return inner as Cell;
    case '$numberInt':
    case '$numberLong':
    case '$numberDouble':
    case '$numberDecimal':
      return numberOf(String(inner));
    case '$date':
      return dateOf(inner!);
    case '$binary':
      return Buffer.from(String(isJsonObject(inner) ? inner.base64 : inner), 'base64');
    case '$timestamp':
      return isJsonObject(inner) ? `${String(inner.t)}:${String(inner.i)}` : null;
    case '$undefined':
    case '$minKey':
    case '$maxKey':
      return null;
    default:
      return readExtendedJson(value);
  }
}

function numberOf(text: string): Cell {
  const number = Number(text);
  return Number.isFinite(number) && String(number) === text ? number : new ExactNumber(text);
}

function dateOf(inner: Json): Cell {
  const value = isJsonObject(inner) && '$numberLong' in inner ? Number(inner.$numberLong) : inner;
  if (typeof value !== 'number' && typeof value !== 'string') return String(value);
  const date = new Date(value);
  return Number.isNaN(date.getTime()) ? String(value) : date.toISOString();
}
