import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
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

  it('reads, writes, lists and removes nothing through a link', async () => {
    const outside = freshFolder();
    mkdirSync(join(outside, 'deep'), { recursive: true });
    writeFileSync(join(outside, 'deep/secret'), 'theirs');
    const folder = freshFolder();
    mkdirSync(folder);
    symlinkSync(outside, join(folder, 'away'));
    symlinkSync(join(outside, 'deep/secret'), join(folder, 'file'));
    const store = createFolderObjectStore(folder);
    for (const attempt of [
      () => store.head('away/deep/secret'),
      () => store.get('away/deep/secret'),
      () => store.put('away/deep/secret', Buffer.from('ours')),
      () => store.remove(['away/deep/secret']),
    ]) {
      await expect(attempt()).rejects.toMatchObject({ code: 'objects_refused' });
    }
    expect([await store.head('file'), await store.get('file')]).toEqual([undefined, undefined]);
    for (const prefix of ['', 'away/', 'away/deep/']) {
      for await (const { key } of store.list(prefix)) expect(key).toBe('listed through a link');
    }
    await store.put('file', Buffer.from('ours'));
    await store.remove(['file', 'not/there']);
    expect(readFileSync(join(outside, 'deep/secret'), 'utf8')).toBe('theirs');
    expect(readdirSync(outside)).toEqual(['deep']);
  });

  it('removes no folder for an object of its name', async () => {
    const store = createFolderObjectStore(freshFolder());
    await store.put('a/b', Buffer.from('x'));
    await store.remove(['a']);
    expect([await store.head('a'), (await store.head('a/b'))?.sizeBytes]).toEqual([undefined, 1]);
  });

  it('makes its folder with the first object and leaves no part behind', async () => {
    const folder = freshFolder();
    const store = createFolderObjectStore(folder);
    expect(await store.head('a')).toBeUndefined();
    expect(existsSync(folder)).toBe(false);
    await store.put('a', Buffer.from('x'));
    expect(readdirSync(folder)).toEqual(['a']);
  });

  it('sweeps what is left of writes that ended an hour ago, and nothing else', async () => {
    const folder = freshFolder();
    const outside = freshFolder();
    mkdirSync(outside);
    const store = createFolderObjectStore(folder);
    expect(await store.sweep!()).toBe(0);
    await store.put('a/b', Buffer.from('whole'));
    symlinkSync(outside, join(folder, 'away'));
    const [old, young, elsewhere] = [
      join(folder, 'a/.part-old'),
      join(folder, '.part-young'),
      join(outside, '.part-old'),
    ];
    for (const path of [old, young, elsewhere]) writeFileSync(path, 'half');
    const before = new Date(Date.now() - 61 * 60_000);
    for (const path of [old, elsewhere, join(folder, 'a/b')]) utimesSync(path, before, before);
    expect(await store.sweep!()).toBe(1);
    expect([existsSync(old), existsSync(young), existsSync(elsewhere)]).toEqual([false, true, true]);
    expect(readFileSync(join(folder, 'a/b'), 'utf8')).toBe('whole');
  });
});
