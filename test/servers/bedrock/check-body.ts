import { refuse } from './service-error.ts';

/** An object with no fields but these. @throws {ServiceError} */
export function record(value: unknown, fields: readonly string[]): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return refuse(
      'Malformed input request: expected type: JSONObject, please reformat your input and try again.',
    );
  }
  const extra = Object.keys(value).find((field) => !fields.includes(field));
  if (extra !== undefined)
    refuse(
      `Malformed input request: #: extraneous key [${extra}] is not permitted, please reformat your input and try again.`,
    );
  return value as Record<string, unknown>;
}

/** @throws {ServiceError} */
export function strings(value: unknown): string[] {
  if (!Array.isArray(value) || !value.every((item): item is string => typeof item === 'string')) {
    return refuse(
      'Malformed input request: expected type: JSONArray of String, please reformat your input and try again.',
    );
  }
  return value;
}

/** A text of so many characters. @throws {ServiceError} */
export function text(
  value: unknown,
  name: string,
  minimum: number,
  maximum = Number.POSITIVE_INFINITY,
): string {
  if (typeof value !== 'string' || value.length < minimum || value.length > maximum) {
    return refuse(
      `1 validation error detected: Value at '${name}' failed to satisfy constraint: Member must have length between ${minimum} and ${maximum}`,
    );
  }
  return value;
}

/** @throws {ServiceError} */
export function wholeNumber(value: unknown, name: string, minimum: number, maximum: number): number {
  if (!Number.isSafeInteger(value) || Number(value) < minimum || Number(value) > maximum) {
    refuse(
      `1 validation error detected: Value '${value}' at '${name}' failed to satisfy constraint: Member must have value between ${minimum} and ${maximum}`,
    );
  }
  return Number(value);
}

/** @throws {ServiceError} */
export function oneOf(value: unknown, name: string, allowed: readonly unknown[]): void {
  if (!allowed.includes(value)) {
    refuse(
      `1 validation error detected: Value '${value}' at '${name}' failed to satisfy constraint: Member must satisfy enum value set: [${allowed.join(', ')}]`,
    );
  }
}

/** @throws {ServiceError} */
export function list(
  value: unknown,
  name: string,
  minimum: number,
  maximum = Number.POSITIVE_INFINITY,
): unknown[] {
  if (!Array.isArray(value) || value.length < minimum || value.length > maximum) {
    return refuse(
      `1 validation error detected: Value at '${name}' failed to satisfy constraint: Member must have length between ${minimum} and ${maximum}`,
    );
  }
  return value;
}
