import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { find } from '../../../search-engine/sqlite/find.ts';
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
});
