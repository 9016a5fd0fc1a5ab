import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RawEvent } from '../../../domain/feed.ts';
import { linesOf, readLines } from '../../../sources/feeds/read-lines.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'braid-lines-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function all(events: AsyncIterable<RawEvent>): Promise<[number, string][]> {
  const found: [number, string][] = [];
  for await (const { record, text } of events) found.push([record, text]);
  return found;
}

describe('readLines', () => {
  const text = '\uFEFF{"a":1}\r\n\n{"b":"ä"}\n{"c":';
  const lines = [
    [1, '{"a":1}'],
    [3, '{"b":"ä"}'],
    [4, '{"c":'],
  ];

  it('reads plain files, gzip and standard input alike', async () => {
    const plain = join(folder, 'plain.jsonl');
    const zipped = join(folder, 'zipped.jsonl');
    await writeFile(plain, text);
    await writeFile(zipped, gzipSync(text));
    expect(await all(readLines(plain))).toEqual(lines);
    expect(await all(readLines(zipped))).toEqual(lines);
    expect(await all(readLines('-', Readable.from([Buffer.from(text)])))).toEqual(lines);
  });

  it('ends when it is told to, although a pipe is silent', async () => {
    const controller = new AbortController();
    const silent = new PassThrough();
    silent.write('{"a":1}\n');
    const events = readLines('-', silent, controller.signal);
    expect((await events.next()).value).toMatchObject({ text: '{"a":1}' });
    const next = events.next();
    controller.abort(new Error('enough'));
    await expect(next).rejects.toThrow('enough');
  });

  it('cuts the same lines however the bytes are cut', async () => {
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; at += 1) {
      const chunks = Readable.from([bytes.subarray(0, at), bytes.subarray(at)]);
      expect(await all(linesOf(chunks)), `cut at ${at}`).toEqual(lines);
    }
  });

  it('takes a document over many lines as one event', async () => {
    const pretty = join(folder, 'pretty.json');
    await writeFile(pretty, '{\n  "Records": []\n}\n');
    expect(await all(readLines(pretty))).toEqual([[1, '{\n  "Records": []\n}\n']]);
  });

  it('marks bytes that are no UTF-8, which must not become a text', async () => {
    const damaged = Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff]), Buffer.from('"}\n')]);
    expect(await all(linesOf(Readable.from([damaged])))).toEqual([[1, 'not UTF-8: {"a":"\uFFFD"}']]);
  });

  it('says which file is missing or damaged', async () => {
    await expect(all(readLines(join(folder, 'none')))).rejects.toThrow(/^Cannot read .*none/);
    const cut = join(folder, 'cut.gz');
    await writeFile(cut, gzipSync(text.repeat(100)).subarray(0, 60));
    await expect(all(readLines(cut))).rejects.toThrow(/^Cannot read .*cut\.gz/);
  });
});
