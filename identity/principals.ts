import { checkAccess } from '../domain/access.ts';
import { InvalidInput } from '../domain/errors.ts';

/** A scope stands inside each query: more principals than this are refused rather than cut. */
const maxPrincipals = 1_000;

/**
 * Checks the principals of a caller by the rules of access lists, each once.
 * @throws {InvalidInput}
 */
export function checkPrincipals(principals: readonly string[]): string[] {
  checkAccess({ allow: principals }, 'principals');
  const unique = [...new Set(principals)];
  if (unique.length > maxPrincipals) {
    throw new InvalidInput(
      'principals',
      `Expected at most ${maxPrincipals} principals, got ${unique.length}`,
    );
  }
  return unique;
}
