import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sweepWords } from '../../../search-engine/sqlite/sweep-words.ts';
import { checkTenantFile } from './check-tenant-file.ts';
import { openTenantDatabase, type TenantDatabase } from './tenant-database.ts';

describe('sweepWords', () => {
  let tenant: TenantDatabase;
  beforeEach(() => {
    tenant = openTenantDatabase();
  });
  afterEach(() => {
    tenant.close();
    checkTenantFile(tenant.path);
    tenant.remove();
  });
  const isOnDisk = (word: string) => {
    tenant.database.execute('PRAGMA wal_checkpoint(TRUNCATE)');
    return readFileSync(tenant.path).includes(word);
  };
  const sweepAll = () => {
    while (!sweepWords(tenant.database)) {
      // Goes on to the end.
    }
  };

  it('takes the words of deleted chunks off the disk, and no others', () => {
    tenant.put({ documentId: 'a', chunks: ['xylophon', 'zebrafish'] });
    expect(isOnDisk('zebrafish')).toBe(true);
    tenant.put({ documentId: 'a', chunks: ['xylophon'] });
    sweepAll();
    expect(isOnDisk('zebrafish')).toBe(false);
    expect(isOnDisk('xylophon')).toBe(true);
    const found = tenant.database.rows('SELECT rowid FROM lexical WHERE lexical MATCH ?', 'xylophon');
    expect(found).toHaveLength(1);
  });

  it('has nothing to do where nothing was deleted', () => {
    tenant.put({ documentId: 'a', chunks: ['xylophon'] });
    tenant.put({ documentId: 'b', chunks: ['zebrafish'] });
    expect(sweepWords(tenant.database)).toBe(true);
  });

  it('does not forget what is deleted while it sweeps', () => {
    tenant.put({ documentId: 'a', chunks: ['xylophon', 'zebrafish'] });
    tenant.put({ documentId: 'a', chunks: ['zebrafish'] });
    sweepWords(tenant.database);
    tenant.put({ documentId: 'a', chunks: [] });
    sweepAll();
    sweepAll();
    expect(isOnDisk('zebrafish')).toBe(false);
  });
});
