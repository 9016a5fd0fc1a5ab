import { InvalidInput } from '../domain/errors.ts';

/** What a caller may do. None implies another: a key that administrates needs `search` to search. */
export const roles = ['search', 'answer', 'ingest', 'admin'] as const;

export type Role = (typeof roles)[number];

/** Tells whether there is a role of this name. */
export function isRole(name: unknown): name is Role {
  return roles.some((role) => role === name);
}

/**
 * Checks roles of untrusted origin, each once.
 * @throws {InvalidInput} for one that does not exist, or for none at all
 */
export function checkRoles(names: readonly string[]): Role[] {
  const checked = [...new Set(names)].map((name) => {
    if (isRole(name)) return name;
    throw new InvalidInput(
      'roles',
      `Unknown role ${JSON.stringify(name)}, expected one of ${roles.join(', ')}`,
    );
  });
  if (checked.length === 0) throw new InvalidInput('roles', 'Expected roles to have at least one, got none');
  return checked;
}
