import { describe, expect, it } from 'vitest';
import { parseEpub } from '../../../ingest/parsers/epub.ts';
import { expectWellParsed, outline } from './expect-well-parsed.ts';
import { makeEpub } from './make-office.ts';

const encryption = (algorithm: string) => ({
  name: 'META-INF/encryption.xml',
  content: `<encryption><enc:EncryptedData><enc:EncryptionMethod Algorithm="${algorithm}"/></enc:EncryptedData></encryption>`,
});

describe('parseEpub', () => {
  it('reads the chapters in the order of the spine, without the table of contents', async () => {
    const parsed = await parseEpub(
      makeEpub({
        'chapter 2.xhtml':
          '<html><head><title/></head><body><h1>Second</h1><a id="x"/><p>Words<br/>more.</p></body></html>',
        'b.xhtml': '<html><body><h1>Third</h1><p>End.</p></body></html>',
      }),
    );
    expectWellParsed(parsed);
    expect(parsed.title).toBe('A Book');
    expect(outline(parsed)).toEqual([
      'heading1: Second',
      'paragraph (Second): Words\nmore.',
      'heading1: Third',
      'paragraph (Third): End.',
    ]);
  });

  it('refuses a book that is locked, and reads one whose fonts alone are scrambled', async () => {
    const chapters = { 'a.xhtml': '<html><body><p>Words</p></body></html>' };
    await expect(
      parseEpub(makeEpub(chapters, [encryption('http://www.w3.org/2001/04/xmlenc#aes128-cbc')])),
    ).rejects.toMatchObject({ reason: 'encrypted', message: expect.stringContaining('DRM') });
    expect(
      (await parseEpub(makeEpub(chapters, [encryption('http://www.idpf.org/2008/embedding')]))).text,
    ).toBe('Words');
  });

  it('refuses a book without chapters as empty', async () => {
    await expect(parseEpub(makeEpub({}))).rejects.toMatchObject({ reason: 'empty' });
  });
});
