import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createFolderObjectStore } from '../../../objects/folder/folder-object-store.ts';
import { describeObjectStoreContract } from '../object-store.contract.ts';

const base = mkdtempSync(join(tmpdir(), 'braid-objects-'));
afterAll(() => rmSync(base, { recursive: true, force: true }));

let stores = 0;
const freshFolder = () => {
  stores += 1;
  return join(base, `store-${stores}`);
};

describeObjectStoreContract('folder', async () => createFolderObjectStore(freshFolder()), {
  listedObjects: 50,
  oddKeys: ['a b/c+d', 'percent%20', 'quote"\'&<>', 'ünï/文字.md', '..a', 'a..', '~', ' '],
});

describe('createFolderObjectStore', () => {
  it.each(['../a', 'a/../../b', '/etc/passwd', 'a//b', 'a/', './a', 'a\0b', '.part-x'])(
    'refuses %j, which is no path below its folder',
    async (key) => {
      const store = createFolderObjectStore(freshFolder());
      await expect(store.put(key, Buffer.from('x'))).rejects.toMatchObject({ code: 'invalid_input' });
      await expect(store.head(key)).rejects.toMatchObject({ code: 'invalid_input' });
      await expect(store.remove([key])).rejects.toMatchObject({ code: 'invalid_input' });
    },
  );

  it('makes its folder with the first object and leaves no part behind', async () => {
    const folder = freshFolder();
    const store = createFolderObjectStore(folder);
    expect(await store.head('a')).toBeUndefined();
    expect(existsSync(folder)).toBe(false);
    await store.put('a', Buffer.from('x'));
    expect(readdirSync(folder)).toEqual(['a']);
  });
});
