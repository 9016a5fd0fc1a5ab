import { describe, expect, it } from 'vitest';
import { InvalidInput } from '../../domain/errors.ts';
import { checkTenantId } from '../../domain/tenant.ts';

describe('checkTenantId', () => {
  it('returns an id of 1 to 64 characters of a-z, 0-9, "_" and "-"', () => {
    for (const id of ['a', 'default', '0', '_', '-', 'x'.repeat(64)]) expect(checkTenantId(id)).toBe(id);
  });

  it.each(['', 'A', 'a b', 'a/b', '../a', 'a.b', 'é', 'a\n', 'a\0', 'x'.repeat(65)])('refuses %j', (id) => {
    expect(() => checkTenantId(id)).toThrow(InvalidInput);
  });
});
