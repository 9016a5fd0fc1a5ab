import { InvalidInput } from './errors.ts';

const pattern = /^\d{4}-(\d{2})-(\d{2})T(\d{2}):\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/;

/**
 * Checks a time of untrusted origin and writes it in UTC with milliseconds, so that texts compare as times do.
 * @throws {InvalidInput} for what is no date and time with its zone, in the years 1 to 9999
 */
export function checkExpiry(expiresAt: unknown, field = 'expiresAt'): string {
  const [text, month, day, hour] = (typeof expiresAt === 'string' ? pattern.exec(expiresAt) : null) ?? [];
  const time = text === undefined ? Number.NaN : Date.parse(text);
  // Date.parse makes the 2nd of March of a 30th of February.
  const isOfCalendar =
    text !== undefined &&
    Number(day) <= new Date(Date.UTC(Number(text.slice(0, 4)), Number(month), 0)).getUTCDate();
  if (Number.isNaN(time) || !isOfCalendar || Number(hour) > 23) throw wrong(expiresAt, field);
  const written = new Date(time).toISOString();
  if (written.length !== 24 || written.startsWith('0000')) throw wrong(expiresAt, field);
  return written;
}

/** True from the time on at which a document ends; by the wall clock, milliseconds since 1970. */
export function hasExpired(expiresAt: string | undefined, nowMs: number): boolean {
  return expiresAt !== undefined && Date.parse(expiresAt) <= nowMs;
}

function wrong(expiresAt: unknown, field: string): InvalidInput {
  const shown = typeof expiresAt === 'string' ? JSON.stringify(expiresAt.slice(0, 100)) : typeof expiresAt;
  return new InvalidInput(
    field,
    `Expected ${field} to be a date and time with its zone, such as "2027-01-31T12:00:00Z", got ${shown}`,
  );
}
