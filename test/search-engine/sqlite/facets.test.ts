import { afterAll, expect, it } from 'vitest';
import { InvalidInput } from '../../../domain/errors.ts';
import { countFacets } from '../../../search-engine/sqlite/facets.ts';
import { select } from '../../../search-engine/sqlite/selection.ts';
import { scopes } from '../scopes.ts';
import { openTenantDatabase } from './tenant-database.ts';

const tenant = openTenantDatabase();
afterAll(() => {
  tenant.close();
  tenant.remove();
});

it('countFacets refuses a histogram of more than 65,535 buckets, as facets inside others', () => {
  const { database } = tenant;
  tenant.put({ documentId: 'a' });
  // As many values as no test wants to write documents for.
  database.run(
    `WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 65536)
     INSERT INTO metadata (document, key, type, value) SELECT document, 'n', 2, n * 1.0 FROM documents, numbers`,
  );
  const count = (histogram: number) => {
    const selection = select(database, scopes.operator('tenant'), undefined);
    return countFacets(database, { facets: [{ key: 'n', histogram }] }, selection)[0];
  };
  expect(count(2)).toMatchObject({ histogram: { length: 32_769 } });
  expect(() => count(1)).toThrow(InvalidInput);
});
