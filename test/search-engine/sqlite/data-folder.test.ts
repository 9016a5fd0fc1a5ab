import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidInput } from '../../../domain/errors.ts';
import { tenantFile, tenantsFolder } from '../../../search-engine/sqlite/data-folder.ts';

describe('tenantFile', () => {
  const tenantId = fc.stringMatching(/^[a-z0-9_-]{1,64}$/);

  it('gives each tenant a file of its own, even where case is ignored', () => {
    fc.assert(
      fc.property(tenantId, tenantId, (left, right) => {
        const [one, other] = [left, right].map((id) => tenantFile('/data', id).toLowerCase());
        expect(one === other).toBe(left === right);
      }),
    );
  });
  it('stays in the folder of tenants', () => {
    expect(tenantFile('/data', 'con')).toBe(`${tenantsFolder('/data')}/tenant-con.sqlite`);
  });
  it.each(['../x', 'a/b', '', 'A', 'a.b', 'a\0', 'x'.repeat(65)])('refuses the tenant id %j', (malformed) => {
    expect(() => tenantFile('/data', malformed)).toThrow(InvalidInput);
  });
});
