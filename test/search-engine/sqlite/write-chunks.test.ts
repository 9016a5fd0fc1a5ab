import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkTenantFile } from './check-tenant-file.ts';
import { openTenantDatabase, type TenantDatabase } from './tenant-database.ts';

describe('replaceChunks', () => {
  let tenant: TenantDatabase;
  beforeEach(() => {
    tenant = openTenantDatabase();
  });
  afterEach(() => {
    tenant.close();
    checkTenantFile(tenant.path);
    tenant.remove();
  });
  const rows = () =>
    tenant.database.rows<{ chunk: number; ordinal: number; text: string }>(
      'SELECT chunk, ordinal, text FROM chunks JOIN texts USING (chunk) ORDER BY ordinal',
    );
  const texts = () => rows().map(({ text }) => text);
  const idOf = (text: string) => rows().find((row) => row.text === text)?.chunk;

  it('keeps the chunks that are the same and only moves them', () => {
    tenant.put({ documentId: 'a', chunks: ['one', 'two', 'three', 'four'] });
    const [one, three] = [idOf('one'), idOf('three')];
    tenant.put({ documentId: 'a', chunks: ['zero', 'three', 'one'] });
    expect(texts()).toEqual(['zero', 'three', 'one']);
    expect([idOf('one'), idOf('three')]).toEqual([one, three]);
  });

  it('indexes anew what has the same words under another title', () => {
    tenant.put({ documentId: 'a', title: 'sea', chunks: ['one', 'two'] });
    tenant.put({ documentId: 'a', title: 'sky', chunks: ['one', 'two'] });
    const found = (word: string) =>
      tenant.database.rows('SELECT rowid FROM lexical WHERE lexical MATCH ?', word);
    expect([found('sea').length, found('sky').length]).toEqual([0, 2]);
  });

  it('keeps as many chunks alike as there are', () => {
    tenant.put({ documentId: 'a', chunks: ['same', 'same', 'same'] });
    tenant.put({ documentId: 'a', chunks: ['same', 'other', 'same'] });
    expect(texts()).toEqual(['same', 'other', 'same']);
    tenant.put({ documentId: 'a', chunks: ['same', 'same', 'same', 'same'] });
    expect(texts()).toEqual(['same', 'same', 'same', 'same']);
  });

  it('searches one vector for chunks alike, until the last of them has gone', () => {
    const searched = () => tenant.database.rows('SELECT rowid FROM nearest_rowids').length;
    tenant.put({ documentId: 'a', chunks: ['same', 'same'] });
    tenant.put({ documentId: 'b', chunks: ['same'] });
    expect(searched()).toBe(1);
    tenant.put({ documentId: 'a', chunks: [] });
    expect(searched()).toBe(1);
    tenant.put({ documentId: 'b', chunks: [] });
    expect(searched()).toBe(0);
    tenant.put({ documentId: 'b', chunks: ['same'] });
    expect(searched()).toBe(1);
  });
});
