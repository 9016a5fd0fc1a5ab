import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { ObjectInfo, ObjectStore } from '../../objects/object-store.ts';
import { removePrefix } from '../../objects/remove-prefix.ts';

/** What the kind of store under test can have. */
export interface ObjectStoreTraits {
  /** Keys that only some stores can have; each must come back as it was given. */
  readonly oddKeys: readonly string[];
  /** How many objects a listing of more than one page has. */
  readonly listedObjects: number;
}

const hashOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** What every adapter of the port `ObjectStore` must do; its test is a call to this. */
export function describeObjectStoreContract(
  name: string,
  /** An empty store of its own. */
  open: () => Promise<ObjectStore>,
  traits: ObjectStoreTraits,
): void {
  describe(`${name}: object store contract`, () => {
    it('gives back what was put, whole or in ranges', async () => {
      const store = await open();
      const content = Buffer.from('0123456789');
      const put = await store.put('a/b.txt', content, { mediaType: 'text/plain' });
      expect(put.sizeBytes).toBe(10);
      const info = await store.head('a/b.txt');
      expect(info).toMatchObject({ key: 'a/b.txt', sizeBytes: 10, eTag: put.eTag });
      expect(Math.abs(Date.now() - info!.lastModified.getTime())).toBeLessThan(60_000);
      expect(await read(store, 'a/b.txt')).toEqual(content);
      const ranges: [number, number, string][] = [
        [0, 1, '0'],
        [3, 6, '345'],
        [8, 100, '89'],
      ];
      for (const [start, end, wanted] of ranges) {
        const part = await store.get('a/b.txt', { range: { start, end } });
        expect(part!.info).toMatchObject({ sizeBytes: 10, eTag: put.eTag });
        expect(String(await bytesOf(part!.body))).toBe(wanted);
      }
    });

    it('has nothing where nothing was put', async () => {
      const store = await open();
      await store.put('a/b', Buffer.from('x'));
      for (const key of ['a', 'a/b/c', 'a/', 'b'].filter((key) => !key.endsWith('/'))) {
        expect(await store.head(key), key).toBeUndefined();
        expect(await store.get(key), key).toBeUndefined();
      }
      await store.remove(['b', 'a/c']);
      expect(await keysOf(store, 'z')).toEqual([]);
    });

    it('keeps an object of no bytes', async () => {
      const store = await open();
      await store.put('empty', new Uint8Array());
      expect(await store.head('empty')).toMatchObject({ sizeBytes: 0 });
      expect(await read(store, 'empty')).toHaveLength(0);
    });

    it('replaces an object, and its ETag tells', async () => {
      const store = await open();
      const first = await store.put('a', Buffer.from('one'));
      const second = await store.put('a', Buffer.from('two'));
      expect(second.eTag).not.toBe(first.eTag);
      expect((await store.head('a'))!.eTag).toBe(second.eTag);
      expect(String(await read(store, 'a'))).toBe('two');
    });

    it('takes a stream of any length, and its bytes come back the same', async () => {
      const store = await open();
      const content = randomBytes(20 * 1024 * 1024 + 7);
      const put = await store.put('large', Readable.from(slices(content, 300_000)));
      expect(put.sizeBytes).toBe(content.length);
      expect(hashOf(await read(store, 'large'))).toBe(hashOf(content));
      const { body } = (await store.get('large', { range: { start: 9_000_000, end: 9_000_005 } }))!;
      expect(await bytesOf(body)).toEqual(content.subarray(9_000_000, 9_000_005));
      await store.put('exact', Readable.from(slices(content.subarray(0, 16 * 1024 * 1024), 8 * 1024 * 1024)));
      expect((await store.head('exact'))!.sizeBytes).toBe(16 * 1024 * 1024);
    });

    it('stores nothing of a stream that fails', async () => {
      const store = await open();
      async function* failing() {
        for (let at = 0; at < 10; at += 1) yield randomBytes(1024 * 1024);
        throw new Error('the source broke');
      }
      await expect(store.put('partial', failing())).rejects.toThrow('the source broke');
      expect(await store.head('partial')).toBeUndefined();
      expect(await keysOf(store, '')).toEqual([]);
    });

    it('lists by prefix, in the order of the bytes of the keys', async () => {
      const store = await open();
      const keys = ['a-b', 'a.txt', 'a/b', 'a/b-c', 'a/b.d/e', 'a0', 'b', 'é', 'a/é', 'a/z'];
      for (const key of keys) await store.put(key, Buffer.from(key));
      const sorted = keys.toSorted((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
      expect(await keysOf(store, '')).toEqual(sorted);
      for (const prefix of ['a', 'a/', 'a/b', 'a/b.', 'a/b.d/', 'é', 'c']) {
        expect(await keysOf(store, prefix), prefix).toEqual(sorted.filter((key) => key.startsWith(prefix)));
      }
      const [first] = await listed(store, 'a/b');
      expect(first).toMatchObject({ key: 'a/b', sizeBytes: 3, eTag: (await store.head('a/b'))!.eTag });
      expect(first!.lastModified).toEqual((await store.head('a/b'))!.lastModified);
    });

    it('lists more than one page, and removes by prefix with a count', async () => {
      const store = await open();
      const count = traits.listedObjects;
      const names = Array.from({ length: count }, (_, at) => `many/${String(at).padStart(5, '0')}`);
      for (let at = 0; at < count; at += 40) {
        await Promise.all(names.slice(at, at + 40).map((key) => store.put(key, Buffer.from('x'))));
      }
      await store.put('many-kept', Buffer.from('x'));
      expect(await keysOf(store, 'many/')).toEqual(names);
      expect(await removePrefix(store, 'many/')).toBe(count);
      expect(await removePrefix(store, 'many/')).toBe(0);
      expect(await keysOf(store, '')).toEqual(['many-kept']);
    });

    it.each(traits.oddKeys.map((key) => [JSON.stringify(key), key]))('takes the key %s', async (_, key) => {
      const store = await open();
      await store.put(key, Buffer.from(key));
      expect(await keysOf(store, '')).toEqual([key]);
      expect(String(await read(store, key))).toBe(key);
      await store.remove([key]);
      expect(await store.head(key)).toBeUndefined();
    });

    it('refuses a key that cannot be', async () => {
      const store = await open();
      for (const key of ['', '\ud800', 'x'.repeat(1_025)]) {
        await expect(store.put(key, Buffer.from('x'))).rejects.toMatchObject({ code: 'invalid_input' });
        await expect(store.get(key)).rejects.toMatchObject({ code: 'invalid_input' });
      }
    });

    it('ends at once where its caller has left', async () => {
      const store = await open();
      await store.put('a', randomBytes(3 * 1024 * 1024));
      const signal = AbortSignal.abort(new Error('the caller left'));
      await expect(store.get('a', { signal })).rejects.toThrow('the caller left');
      await expect(store.put('b', Buffer.from('x'), { signal })).rejects.toThrow('the caller left');
      const leaving = new AbortController();
      const { body } = (await store.get('a', { signal: leaving.signal }))!;
      leaving.abort(new Error('the caller left'));
      await expect(bytesOf(body)).rejects.toThrow();
    });
  });
}

async function read(store: ObjectStore, key: string): Promise<Buffer> {
  return bytesOf((await store.get(key))!.body);
}

async function bytesOf(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of body) pieces.push(piece);
  return Buffer.concat(pieces);
}

async function listed(store: ObjectStore, prefix: string): Promise<ObjectInfo[]> {
  const found: ObjectInfo[] = [];
  for await (const info of store.list(prefix)) found.push(info);
  return found;
}

async function keysOf(store: ObjectStore, prefix: string): Promise<string[]> {
  return (await listed(store, prefix)).map(({ key }) => key);
}

function* slices(content: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < content.length; at += size) yield content.subarray(at, at + size);
}
