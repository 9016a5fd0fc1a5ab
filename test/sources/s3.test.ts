import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Document } from '../../domain/document.ts';
import { ObjectStoreFailure } from '../../domain/errors.ts';
import { createFolderObjectStore } from '../../objects/folder/folder-object-store.ts';
import type { ObjectStore } from '../../objects/object-store.ts';
import { createS3Source } from '../../sources/s3.ts';
import type { Source, SourceItem } from '../../sources/source.ts';

let folder: string;
let store: ObjectStore;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'braid-bucket-'));
  store = createFolderObjectStore(folder);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const put = (key: string, content: string | object = `text of ${key}`) =>
  store.put(key, Buffer.from(typeof content === 'string' ? content : JSON.stringify(content)));

function open(address: string, over: Partial<ObjectStore> = {}): Source {
  return createS3Source(address, { maxDocumentBytes: 1_000, openBucket: () => ({ ...store, ...over }) });
}

async function list(source: Source): Promise<SourceItem[]> {
  const items: SourceItem[] = [];
  for await (const item of source.items()) items.push(item);
  return items;
}

const idsOf = async (address: string) => (await list(open(address))).map(({ documentId }) => documentId);

describe('createS3Source', () => {
  it('lists a bucket, what is below a path, or one object; never what only starts alike', async () => {
    for (const key of ['docs/a.md', 'docs/b/c.md', 'docs-old/a.md', 'docs2', 'z.md']) await put(key);
    expect(await idsOf('s3://b')).toEqual([
      's3://b/docs-old/a.md',
      's3://b/docs/a.md',
      's3://b/docs/b/c.md',
      's3://b/docs2',
      's3://b/z.md',
    ]);
    const below = ['s3://b/docs/a.md', 's3://b/docs/b/c.md'];
    expect(await idsOf('s3://b/docs')).toEqual(below);
    expect(await idsOf('s3://b/docs/')).toEqual(below);
    expect(await idsOf('s3://b/docs2')).toEqual(['s3://b/docs2']);
    expect(await idsOf('s3://b/nothing')).toEqual([]);
  });

  it('hands over the bytes, the address, and the metadata and access list that lie beside them', async () => {
    await put('a b/ü+%20.md', '# Title');
    await put('a b/ü+%20.md.metadata.json', {
      metadataAttributes: { lang: 'en' },
      accessControlList: [{ name: 'ada', type: 'USER', access: 'ALLOW' }],
    });
    const [item, ...others] = await list(open('s3://b'));
    expect(others).toEqual([]);
    const document = await item!.load();
    expect(document).toEqual({
      documentId: 's3://b/a b/ü+%20.md',
      source: 's3://b',
      uri: 's3://b/a b/ü+%20.md',
      content: Buffer.from('# Title'),
      metadata: { lang: 'en' },
      access: { allow: ['user:ada'] },
      origin: { tag: item!.tag },
    });
  });

  it('keeps version id and media type, unless nobody named one', async () => {
    await put('a.md');
    const withInfo = (mediaType: string) =>
      open('s3://b', {
        async get(key) {
          const reading = (await store.get(key))!;
          return { ...reading, info: { ...reading.info, versionId: 'v1', mediaType } };
        },
      });
    const [typed] = await list(withInfo('text/markdown'));
    expect(await typed!.load()).toMatchObject({
      mediaType: 'text/markdown',
      origin: { tag: typed!.tag, versionId: 'v1' },
    });
    const [untyped] = await list(withInfo('binary/octet-stream'));
    expect(await untyped!.load()).not.toHaveProperty('mediaType');
  });

  it('has another tag once the object or its metadata is another', async () => {
    const tagNow = async () => (await list(open('s3://b')))[0]!.tag;
    await put('a.md', 'one');
    const tags = [await tagNow()];
    await put('a.md', 'two');
    tags.push(await tagNow());
    await put('a.md.metadata.json', { metadataAttributes: {} });
    tags.push(await tagNow());
    await put('a.md.metadata.json', { metadataAttributes: { a: 1 } });
    tags.push(await tagNow());
    await store.remove(['a.md.metadata.json']);
    expect(await tagNow()).toBe(tags[1]);
    expect(new Set(tags).size).toBe(4);
  });

  it('refuses what is empty, too large or gone, by its name, and an empty or large one unread', async () => {
    await put('empty', '');
    await put('gone');
    await put('large', 'x'.repeat(1_001));
    let reads = 0;
    const source = open('s3://b', {
      get(key, options) {
        reads += 1;
        return store.get(key, options);
      },
    });
    const [empty, gone, large] = await list(source);
    await expect(empty!.load()).rejects.toMatchObject({
      reason: 'empty',
      message: expect.stringContaining('s3://b/empty'),
    });
    await expect(large!.load()).rejects.toMatchObject({
      reason: 'too_large',
      message: expect.stringContaining('s3://b/large'),
    });
    expect(reads).toBe(0);
    await store.remove(['gone']);
    await expect(gone!.load()).rejects.toMatchObject({
      reason: 'unreadable',
      message: expect.stringContaining('removed'),
    });
  });

  it('refuses a document whose metadata file cannot be read, since its access list may be in it', async () => {
    await put('a.md');
    await put('a.md.metadata.json', '{');
    const [item] = await list(open('s3://b'));
    await expect(item!.load()).rejects.toMatchObject({
      reason: 'invalid_document',
      message: expect.stringContaining('a.md.metadata.json'),
    });
  });

  it.each([
    ['access_denied', 'document_refused'],
    ['archived', 'document_refused'],
    ['unavailable', 'objects_unavailable'],
    ['expired_credentials', 'objects_refused'],
    ['no_such_bucket', 'objects_refused'],
  ] as const)('takes %s of one object as %s', async (reason, code) => {
    await put('a.md');
    const failing = open('s3://b', { get: () => Promise.reject(new ObjectStoreFailure(reason, 'no')) });
    const [item] = await list(failing);
    await expect(item!.load()).rejects.toMatchObject({ code });
  });

  it('reads an object again that was replaced while it was read', async () => {
    await put('a.md', 'old');
    let reads = 0;
    const source = open('s3://b', {
      async get(key) {
        reads += 1;
        const reading = (await store.get(key))!;
        if (reads > 1) return reading;
        reading.body.destroy();
        async function* replaced() {
          yield Buffer.from('o');
          await put('a.md', 'new');
          throw new ObjectStoreFailure('changed', 'changed');
        }
        return { ...reading, body: Readable.from(replaced()) };
      },
    });
    const [item] = await list(source);
    const document: Document = await item!.load();
    expect(String(document.content)).toBe('new');
    expect(document.origin!.tag).not.toBe(item!.tag);
    expect(reads).toBe(2);
  });

  it('names what is no address', () => {
    for (const address of ['s3://', 's3:///a']) {
      expect(() => open(address)).toThrow(expect.objectContaining({ code: 'invalid_input' }));
    }
  });
});
