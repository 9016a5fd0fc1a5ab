import { InvalidInput } from './errors.ts';
import type { Scope } from './scope.ts';

/**
 * Who may read a document: principals (`user:…`, `group:…`) as exact strings. `deny` wins over `allow`;
 * `allow: []` is no one; without `allow` the document is for the whole tenant, unless the tenant requires lists.
 */
export interface Access {
  readonly allow?: readonly string[];
  readonly deny?: readonly string[];
}

const maxPrincipals = 10_000;
const maxPrincipalBytes = 512;

/** Tells whether a document with this access list may be read under the scope, whose tenant must already match. */
export function mayRead(scope: Scope, access: Access | undefined): boolean {
  if (scope.reach === 'operator') return true;
  if (access?.deny?.some((principal) => scope.principals.includes(principal))) return false;
  if (access?.allow === undefined) return !scope.accessRequired;
  return access.allow.some((principal) => scope.principals.includes(principal));
}

/**
 * Checks an access list of untrusted origin.
 * @throws {InvalidInput} naming the field
 */
export function checkAccess(access: Access, field = 'access'): Access {
  if (typeof access !== 'object' || access === null || Array.isArray(access)) {
    throw new InvalidInput(field, `Expected ${field} to be { allow?: string[], deny?: string[] }`);
  }
  for (const [name, principals] of Object.entries(access)) {
    if (name !== 'allow' && name !== 'deny') {
      throw new InvalidInput(`${field}.${name}`, `Unknown field ${field}.${name}, expected allow or deny`);
    }
    if (principals === undefined) continue;
    if (!Array.isArray(principals) || principals.length > maxPrincipals) {
      throw new InvalidInput(
        `${field}.${name}`,
        `Expected ${field}.${name} to be a list of at most ${maxPrincipals} principals`,
      );
    }
    for (const principal of principals) {
      if (
        typeof principal !== 'string' ||
        principal === '' ||
        Buffer.byteLength(principal) > maxPrincipalBytes ||
        // Lone surrogates are all stored as U+FFFD: different principals would become one.
        !principal.isWellFormed()
      ) {
        throw new InvalidInput(
          `${field}.${name}`,
          `Expected each principal in ${field}.${name} to be well-formed Unicode of 1 to ${maxPrincipalBytes} bytes, got ${JSON.stringify(principal)}`,
        );
      }
    }
  }
  return access;
}
