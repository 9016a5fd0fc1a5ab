import { InvalidInput } from '../domain/errors.ts';

/** Checks an object's names. @throws {InvalidInput} for an unknown or a null field */
export function checkFields<T extends object>(value: T, field: string, known: readonly string[]): T {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InvalidInput(field || 'request', `Expected ${field || 'the request'} to be an object`);
  }
  const unknown = Object.keys(value).find((key) => !known.includes(key));
  if (unknown !== undefined) {
    const path = field === '' ? unknown : `${field}.${unknown}`;
    throw new InvalidInput(path, `Unknown field ${path}, expected one of ${known.join(', ')}`);
  }
  // A null is no wish for the default: it comes from a value that the caller meant to give.
  const empty = Object.entries(value).find(([, given]) => given === null)?.[0];
  if (empty !== undefined) {
    const path = field === '' ? empty : `${field}.${empty}`;
    throw new InvalidInput(path, `Expected ${path} to be a value or absent, got null`);
  }
  return value;
}

export function wholeNumber(value: unknown, field: string, least: number, most: number): number {
  if (!Number.isSafeInteger(value) || Number(value) < least || Number(value) > most) {
    throw new InvalidInput(
      field,
      `Expected ${field} to be a whole number from ${least} to ${most}, got ${shown(value)}`,
    );
  }
  return Number(value);
}

export function number(value: unknown, field: string, least: number, most: number): number {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < least || value > most) {
    const range =
      most === Number.MAX_VALUE
        ? least === 0
          ? 'from 0'
          : least > 0
            ? 'above 0'
            : ''
        : `from ${least} to ${most}`;
    throw new InvalidInput(
      field,
      `Expected ${field} to be a finite number ${range}, got ${shown(value)}`.replace(' ,', ','),
    );
  }
  return value;
}

export function flag(value: unknown, field: string): boolean {
  if (typeof value !== 'boolean')
    throw new InvalidInput(field, `Expected ${field} to be true or false, got ${shown(value)}`);
  return value;
}

export function oneOf<T extends string>(value: unknown, field: string, allowed: readonly T[]): T {
  const found = allowed.find((candidate) => candidate === value);
  if (found === undefined)
    throw new InvalidInput(field, `Expected ${field} to be ${allowed.join(' or ')}, got ${shown(value)}`);
  return found;
}

export function shown(value: unknown): string {
  return typeof value === 'number' ? String(value) : String(JSON.stringify(value)).slice(0, 60);
}

/** The key of a metadata value. */
export function checkKey(key: unknown, field: string): string {
  if (typeof key !== 'string' || key === '' || Buffer.byteLength(key) > 100 || !key.isWellFormed()) {
    throw new InvalidInput(field, `Expected ${field} to be a string of 1 to 100 bytes`);
  }
  return key;
}
