import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { find } from '../../../search-engine/sqlite/find.ts';
import { findLexical } from '../../../search-engine/sqlite/lexical-leg.ts';
import { scopes } from '../scopes.ts';
import { openTenantDatabase, type TenantDatabase } from './tenant-database.ts';

describe('findLexical', () => {
  let tenant: TenantDatabase;
  beforeAll(() => {
    tenant = openTenantDatabase();
    // Written against the order of ids, so that the order of writing shows where it decides.
    for (let at = 30; at >= 10; at -= 1) {
      tenant.put({ documentId: `d${at}`, chunks: ['the tower stands', 'a tower fell'], metadata: { at } });
    }
    tenant.put({ documentId: 'd99', chunks: ['tower tower tower tower'] });
    tenant.put({ documentId: 'd98', chunks: ['nothing to see'] });
  });
  afterAll(() => {
    tenant.close();
    tenant.remove();
  });
  const search = (candidates: number) =>
    find(tenant.database, scopes.operator('tenant'), {
      lexical: { text: 'tower', fields: { title: 1, text: 1 }, candidates },
    }).lexical!.hits;

  it('cuts equal scores by document and ordinal', () => {
    expect(search(4).map(({ documentId, ordinal }) => `${documentId}/${ordinal}`)).toEqual([
      'd99/0',
      'd10/0',
      'd10/1',
      'd11/0',
    ]);
  });
  it('returns the same candidates, however many are asked for', () => {
    const all = search(100);
    expect(all).toHaveLength(43);
    for (const candidates of [1, 2, 3, 42, 43, 44])
      expect(search(candidates)).toEqual(all.slice(0, candidates));
  });
  it('scores above 0, although most chunks have the word', () => {
    expect(search(100).every(({ score }) => score > 0)).toBe(true);
  });

  it('ranks among many chunks as it does among few', () => {
    const leg = (allChunks: number, candidates: number, near: readonly number[]) =>
      findLexical(
        tenant.database,
        { text: 'tower fell', fields: { title: 1, text: 1 }, candidates },
        { isAll: true, chunks: allChunks, allChunks },
        near.map((chunk) => ({ chunk, chunkId: '', documentId: '', ordinal: 0, score: 0 })),
      );
    for (const candidates of [1, 5, 21, 22, 43, 100]) {
      for (const near of [[], [1, 2, 3, 40, 44]]) {
        const few = leg(44, candidates, near);
        expect(leg(1_000_000, candidates, near)).toEqual(few);
        expect(few.hits).toHaveLength(Math.min(candidates, 43));
      }
    }
    expect(
      leg(44, 1, [1, 2, 3, 40, 44])
        .others.map(({ chunk }) => chunk)
        .sort(),
    ).toEqual([1, 2, 3, 40]);
  });
});
