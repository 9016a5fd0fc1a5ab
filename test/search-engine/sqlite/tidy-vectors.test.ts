import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tidyVectors } from '../../../search-engine/sqlite/tidy-vectors.ts';
import { checkTenantFile } from './check-tenant-file.ts';
import { embedding } from './sqlite-subject.ts';
import { openTenantDatabase, type TenantDatabase } from './tenant-database.ts';

describe('tidyVectors', () => {
  let tenant: TenantDatabase;
  beforeEach(() => {
    tenant = openTenantDatabase();
  });
  afterEach(() => {
    tenant.close();
    checkTenantFile(tenant.path);
    tenant.remove();
  });
  const count = (table: string) =>
    tenant.database.row<{ rows: number }>(`SELECT count(*) AS rows FROM ${table}`)?.rows;
  const manyChunks = (from: number) => Array.from({ length: 2_500 }, (_, at) => `chunk ${from + at}`);

  it('deletes vectors that have not been used for so long, and no others', () => {
    tenant.put({ documentId: 'a', chunks: ['one', 'two', 'three'] });
    tenant.put({ documentId: 'a', chunks: ['two'] });
    tidyVectors(tenant.database, embedding, 60_000);
    expect(count('vectors')).toBe(3);
    tidyVectors(tenant.database, embedding, 0);
    expect(count('vectors')).toBe(1);
  });

  it('lays the searched vectors anew when most of their places are empty', () => {
    tenant.put({ documentId: 'a', chunks: manyChunks(0) });
    const kept = manyChunks(0).filter((_, at) => at % 50 === 0);
    tenant.put({ documentId: 'a', chunks: kept });
    expect(count('nearest_chunks')).toBe(20);
    tidyVectors(tenant.database, embedding, 60_000);
    expect(count('nearest_chunks')).toBe(1);
    expect(count('nearest_rowids')).toBe(kept.length);
  });
});
