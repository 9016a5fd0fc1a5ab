/** A number of a JSON text that a double cannot hold: its digits as they were written. */
export class ExactNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toString(): string {
    return this.text;
  }
}

/** What JSON can say, with no digit lost. */
export type Json =
  | null
  | boolean
  | number
  | string
  | ExactNumber
  | readonly Json[]
  | { readonly [name: string]: Json };

export type JsonObject = { readonly [name: string]: Json };

type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown;
const parse = JSON.parse as (text: string, reviver?: Reviver) => Json;

/** Only a text with a run of 16 digits, or with a large exponent, can hold a number that a double changes. */
const mayLoseDigits = /[\d.]{16}|\d[eE][+-]?\d{3}/;

/**
 * Reads JSON. Numbers that a double would change (above 2^53, or of more than 15 digits) stay as their digits.
 * @throws {SyntaxError} for anything else than one JSON value
 */
export function parseJson(text: string): Json {
  if (!mayLoseDigits.test(text)) return parse(text);
  return parse(text, (_key, value, { source }) =>
    typeof value === 'number' && source !== undefined && !isExact(value, source)
      ? new ExactNumber(source)
      : value,
  );
}

/** True for an object of JSON, not for a list, a number or null. */
export function isJsonObject(value: Json | undefined): value is JsonObject {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof ExactNumber)
  );
}

/** A double holds every decimal number of 15 significant digits, and every whole number up to 2^53. */
function isExact(value: number, source: string): boolean {
  if (Number.isSafeInteger(value) && !/[.eE]/.test(source)) return true;
  const digits = source
    .replace(/[eE].*$/, '')
    .replace(/[^\d]/g, '')
    .replace(/^0+/, '');
  return Number.isFinite(value) && digits.length <= 15 && (value !== 0 || digits === '');
}
