import { z } from 'zod';

/** A setting whose message is its wanted form alone; setting, value and origin are added where it is reported. */
export function setting<T>(wanted: string, holds: (value: unknown) => boolean): z.ZodType<T, T> {
  return z.custom<T>(holds, { error: wanted });
}

export function wholeNumber(minimum: number, maximum: number) {
  return setting<number>(
    `a whole number from ${minimum} to ${maximum}`,
    (value) => Number.isSafeInteger(value) && Number(value) >= minimum && Number(value) <= maximum,
  );
}

export function oneOf<const T extends string>(...names: readonly T[]) {
  const wanted = names.map((name) => `"${name}"`).join(' or ');
  return setting<T>(wanted, (value) => names.some((name) => name === value));
}

export function text(wanted: string, pattern = /\S/) {
  return setting<string>(wanted, (value) => typeof value === 'string' && pattern.test(value));
}

export const trueOrFalse = setting<boolean>('true or false', (value) => typeof value === 'boolean');

/** A setting of several forms, of which `formOf` picks the one meant; a union would say no more than that none fits. */
export function byForm<T>(formOf: (given: unknown) => z.ZodType<T>) {
  return z.unknown().transform((given, context): T => {
    const checked = formOf(given).safeParse(given);
    if (checked.success) return checked.data;
    for (const issue of checked.error.issues) {
      context.issues.push({ ...issue, input: given } as z.core.$ZodRawIssue);
    }
    return z.NEVER;
  });
}

export function isText(value: unknown): boolean {
  return typeof value === 'string';
}
