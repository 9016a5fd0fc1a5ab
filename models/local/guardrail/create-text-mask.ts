import type { GuardrailPolicies, OwnPattern } from './settings.ts';
import { createTextMatcher } from './text-matchers.ts';

/** Every kind of data that can be told by its form. */
const everyKind: Required<NonNullable<GuardrailPolicies['sensitiveInformation']>> = {
  email: 'mask',
  phone: 'mask',
  card: 'mask',
  iban: 'mask',
  ip_address: 'mask',
  us_ssn: 'mask',
  aws_access_key: 'mask',
  aws_secret_key: 'mask',
};

/**
 * Makes what takes all sensitive information out of a text that is to be kept, and what own patterns find, whatever a
 * guardrail itself would let through.
 * @throws an Error of the engine for a pattern that it cannot take
 */
export function createTextMask(patterns: readonly OwnPattern[]): (text: string) => string {
  const match = createTextMatcher({ sensitiveInformation: everyKind, patterns });
  return (text) => {
    const found = match(text, 0);
    let masked = '';
    let at = 0;
    for (const { start, end, replacement } of found.toSorted((left, right) => left.start - right.start)) {
      // Of what overlaps, the part beyond the last match goes too.
      if (start >= at) masked += text.slice(at, start) + replacement;
      at = Math.max(at, end);
    }
    return masked + text.slice(at);
  };
}
