import { describe, expect, it } from 'vitest';
import { readZipDirectory } from '../../../ingest/parsers/zip-directory.ts';
import { checkZip, openZip } from '../../../ingest/parsers/zip-reader.ts';
import { makeZip } from './make-zip.ts';

const check = (archive: Uint8Array): Promise<void> => checkZip(archive);

describe('readZipDirectory', () => {
  it('lists the entries with their sizes and unpacks one', async () => {
    const archive = makeZip([
      { name: 'a.xml', content: 'hello' },
      { name: 'wörd/b.xml', content: 'x'.repeat(500) },
    ]);
    const entries = readZipDirectory(archive);
    expect(entries.map(({ name, uncompressedBytes }) => [name, uncompressedBytes])).toEqual([
      ['a.xml', 5],
      ['wörd/b.xml', 500],
    ]);
    expect(await openZip(archive).text('A.XML')).toBe('hello');
  });

  it('refuses an archive that is cut off, as corrupt', () => {
    const archive = makeZip([{ name: 'a.xml', content: 'hello' }]);
    for (const length of [10, archive.length - 30, archive.length - 1]) {
      expect(() => readZipDirectory(archive.subarray(0, length))).toThrow(
        expect.objectContaining({ reason: 'corrupt' }),
      );
    }
  });

  it('refuses more than 10,000 entries', () => {
    const archive = makeZip([{ name: 'a', content: '' }]);
    archive.writeUInt16LE(10_001, archive.length - 12);
    expect(() => readZipDirectory(archive)).toThrow(expect.objectContaining({ reason: 'too_large' }));
  });
});

describe('checkZip', () => {
  it('passes what unpacks to little', async () => {
    await expect(check(makeZip([{ name: 'a', content: 'hello '.repeat(1_000) }]))).resolves.toBeUndefined();
  });

  it('refuses more than 100 times the packed size', async () => {
    await expect(check(makeZip([{ name: 'a', content: Buffer.alloc(2_000_000) }]))).rejects.toMatchObject({
      reason: 'too_large',
    });
  });

  it('counts what comes out and does not trust the directory', async () => {
    const lying = makeZip([{ name: 'a', content: Buffer.alloc(5_000_000), claimedBytes: 1_000 }]);
    expect(readZipDirectory(lying)[0]!.uncompressedBytes).toBe(1_000);
    await expect(check(lying)).rejects.toMatchObject({ reason: 'too_large' });
  });

  it('refuses claims of more than 100 MB without unpacking', async () => {
    const claims = makeZip([{ name: 'a', content: 'x', claimedBytes: 100_000_001 }]);
    await expect(check(claims)).rejects.toMatchObject({ reason: 'too_large' });
  });

  it('refuses encrypted entries and broken data', async () => {
    await expect(check(makeZip([{ name: 'a', content: 'x', encrypted: true }]))).rejects.toMatchObject({
      reason: 'encrypted',
    });
    const broken = makeZip([{ name: 'a', content: 'some text that is packed' }]);
    broken.fill(0xff, 31, 45);
    await expect(check(broken)).rejects.toMatchObject({ reason: 'corrupt' });
  });
});
