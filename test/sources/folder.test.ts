import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFolderSource } from '../../sources/folder.ts';
import type { SourceItem } from '../../sources/source.ts';

let base: string;
let folder: string;

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'braid-folder-'));
  folder = join(base, 'handbook');
  mkdirSync(folder);
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

function write(path: string, content: string | Uint8Array = 'text'): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), content);
}

async function list(path = folder, maxDocumentBytes = 1_000): Promise<SourceItem[]> {
  const items: SourceItem[] = [];
  for await (const item of createFolderSource(path, { maxDocumentBytes }).items()) items.push(item);
  return items;
}

async function ids(path = folder): Promise<string[]> {
  const documents = await Promise.all((await list(path)).map((item) => item.load()));
  return documents.map((document) => document.documentId);
}

describe('createFolderSource', () => {
  it('lists files of all depths in order, with ids from the name of the folder on', async () => {
    for (const path of ['b.md', 'a/z.md', 'a/b/c.txt', 'ümlaut name.md']) write(path);
    expect(await ids()).toEqual([
      'handbook/a/b/c.txt',
      'handbook/a/z.md',
      'handbook/b.md',
      'handbook/ümlaut name.md',
    ]);
  });

  it('hands over the bytes, a file URL and the name as the user gave it', async () => {
    write('a.bin', new Uint8Array([0, 255, 1]));
    const [item] = await list();
    expect(item!.name).toBe(join(folder, 'a.bin'));
    const { origin: _, ...document } = await item!.load();
    expect(document).toEqual({
      documentId: 'handbook/a.bin',
      source: 'files',
      uri: pathToFileURL(join(folder, 'a.bin')).href,
      content: Buffer.from([0, 255, 1]),
    });
  });

  it('gives a single file its own name, hidden or not', async () => {
    write('.notes.md');
    expect(await ids(join(folder, '.notes.md'))).toEqual(['.notes.md']);
  });

  it('skips hidden files, .git and node_modules', async () => {
    for (const path of ['.env', '.git/config', 'node_modules/x/readme.md', 'a/node_modules/y.md', 'kept.md'])
      write(path);
    expect(await ids()).toEqual(['handbook/kept.md']);
  });

  it('follows links inside the folder and none out of it, in circles or to nowhere', async () => {
    write('real/a.md');
    writeFileSync(join(base, 'outside.md'), 'secret');
    mkdirSync(join(base, 'handbook-2'));
    writeFileSync(join(base, 'handbook-2', 'sibling.md'), 'secret');
    symlinkSync(join(base, 'outside.md'), join(folder, 'escape.md'));
    symlinkSync(base, join(folder, 'up'));
    symlinkSync(join(base, 'handbook-2'), join(folder, 'sibling'));
    symlinkSync(join(folder, 'real', 'a.md'), join(folder, 'link.md'));
    symlinkSync(folder, join(folder, 'real', 'circle'));
    const listed = await ids();
    expect(listed).toEqual(['handbook/link.md', 'handbook/real/a.md']);

    symlinkSync(join(folder, 'missing'), join(folder, 'broken.md'));
    const broken = (await list()).find((item) => item.name.endsWith('broken.md'));
    await expect(broken!.load()).rejects.toMatchObject({ reason: 'unreadable' });
  });

  it('refuses a file that is too large without reading it, and takes one of the exact size', async () => {
    write('large.txt', 'x'.repeat(1_001));
    write('right.txt', 'x'.repeat(1_000));
    const [large, right] = await list();
    await expect(large!.load()).rejects.toMatchObject({ reason: 'too_large' });
    expect((await right!.load()).content).toHaveLength(1_000);
  });

  it('refuses what vanished or may not be read, and lists the rest', async () => {
    write('a.md');
    write('b.md');
    const [a, b] = await list();
    rmSync(join(folder, 'a.md'));
    await expect(a!.load()).rejects.toThrow(/it does not exist/);
    expect((await b!.load()).documentId).toBe('handbook/b.md');
  });

  it.skipIf(process.getuid?.() === 0)('names a folder that may not be read', async () => {
    write('closed/a.md');
    chmodSync(join(folder, 'closed'), 0);
    const [item] = await list();
    chmodSync(join(folder, 'closed'), 0o700);
    await expect(item!.load()).rejects.toThrow(/permission is denied/);
  });

  it.skipIf(process.platform === 'win32')('does not hang on a named pipe', async () => {
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    write('a.md');
    expect(await ids()).toEqual(['handbook/a.md']);
    const [pipe] = await list(join(folder, 'pipe'));
    await expect(pipe!.load()).rejects.toMatchObject({ reason: 'unreadable' });
  });

  it('names a path that does not exist', async () => {
    await expect(list(join(base, 'nowhere'))).rejects.toMatchObject({
      code: 'invalid_input',
      message: expect.stringContaining('nowhere: it does not exist'),
    });
  });

  it('tags a file by its size and times, and not before they have settled', async () => {
    write('a.md', 'one');
    write('b.md');
    write('b.md.metadata.json', '{}');
    const [fresh] = await list();
    expect(fresh).toMatchObject({ documentId: 'handbook/a.md', tag: expect.any(String) });
    expect(await fresh!.load()).not.toHaveProperty('origin');
    // The time of the last change of the file itself cannot be set, only waited for.
    await new Promise((resolve) => setTimeout(resolve, 2_100));
    const [settled] = await list();
    expect(settled!.tag).toBe(fresh!.tag);
    expect((await settled!.load()).origin).toEqual({ tag: fresh!.tag });
    const described = (await list())[1]!;
    expect((await described.load()).origin).toEqual({ tag: described.tag });
    write('a.md', 'two');
    expect((await list())[0]!.tag).not.toBe(fresh!.tag);
  });

  it('lists a folder whole, by ids and addresses of its own, and a single file as no collection', async () => {
    write('a.md');
    const { collections } = createFolderSource(folder, { maxDocumentBytes: 1 });
    const uriPrefix = `${pathToFileURL(folder).href}/`;
    expect(collections).toEqual([{ source: 'files', idPrefix: 'handbook/', uriPrefix }]);
    const [item] = await list();
    expect(item!.documentId!.startsWith('handbook/')).toBe(true);
  });

  describe('with metadata files', () => {
    const described = { metadataAttributes: { lang: 'en', year: 2026 } };
    const access = { accessControlList: [{ name: 'staff', type: 'GROUP', access: 'ALLOW' }] };

    it('gives a document what the file beside it says, and takes no such file for a document', async () => {
      write('a.md');
      write('a.md.metadata.json', JSON.stringify({ ...described, ...access }));
      write('b/c.md');
      write('b/gone.md.metadata.json', '{}');
      const documents = await Promise.all((await list()).map((item) => item.load()));
      expect(documents.map(({ documentId }) => documentId)).toEqual(['handbook/a.md', 'handbook/b/c.md']);
      expect(documents[0]).toMatchObject({
        metadata: described.metadataAttributes,
        access: { allow: ['group:staff'] },
      });
      expect(documents[1]).not.toHaveProperty('metadata');
      expect(documents[1]).not.toHaveProperty('access');
    });

    it('gives it to a file that is named by itself too', async () => {
      write('a.md');
      write('a.md.metadata.json', JSON.stringify(described));
      const [item] = await list(join(folder, 'a.md'));
      expect(await item!.load()).toMatchObject({ documentId: 'a.md', metadata: { lang: 'en' } });
      expect(await ids(join(folder, 'a.md.metadata.json'))).toEqual(['a.md.metadata.json']);
    });

    it('takes a file of the longest name', async () => {
      write(`${'a'.repeat(250)}.md`);
      expect(await ids(join(folder, `${'a'.repeat(250)}.md`))).toHaveLength(1);
    });

    it.each([
      ['is no JSON', () => write('a.md.metadata.json', '{')],
      ['has an unknown field', () => write('a.md.metadata.json', '{"readers":["ann"]}')],
      ['is a folder', () => mkdirSync(join(folder, 'a.md.metadata.json'))],
      ['leads nowhere', () => symlinkSync(join(base, 'nowhere'), join(folder, 'a.md.metadata.json'))],
      [
        'leads out of the folder',
        () => {
          writeFileSync(join(base, 'outside.json'), '{}');
          symlinkSync(join(base, 'outside.json'), join(folder, 'a.md.metadata.json'));
        },
      ],
    ])('refuses a document whose file %s, since it could say who may read', async (_, make) => {
      write('a.md');
      make();
      const items = await list();
      expect(items.map(({ documentId }) => documentId)).toEqual(['handbook/a.md']);
      await expect(items[0]!.load()).rejects.toMatchObject({
        reason: 'invalid_document',
        message: expect.stringContaining('a.md.metadata.json'),
      });
    });

    it('tags the document by both files', async () => {
      write('a.md');
      const before = (await list())[0]!.tag;
      write('a.md.metadata.json', JSON.stringify(described));
      const both = (await list())[0]!.tag;
      write('a.md.metadata.json', JSON.stringify({ ...described, ...access }));
      expect(new Set([before, both, (await list())[0]!.tag]).size).toBe(3);
    });
  });
});
