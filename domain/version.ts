import { InvalidInput } from './errors.ts';

const versionPattern = /^\d{1,80}$/;

/**
 * Reads a version: a whole number from 0 of at most 80 decimal digits, as a decimal string or a safe integer.
 * Leading zeros do not count towards its value.
 * @throws {InvalidInput} for anything else, numbers above 2^53 − 1 included, since those have already lost digits
 */
export function parseVersion(value: unknown, field = 'version'): bigint {
  if (typeof value === 'bigint' && value >= 0n && versionPattern.test(value.toString())) return value;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return BigInt(value);
  if (typeof value === 'string' && versionPattern.test(value)) return BigInt(value);
  throw new InvalidInput(
    field,
    `Expected ${field} to be a whole number from 0 of at most 80 digits, as a decimal string, got ${JSON.stringify(
      typeof value === 'bigint' ? value.toString() : value,
    )?.slice(0, 100)}`,
  );
}
