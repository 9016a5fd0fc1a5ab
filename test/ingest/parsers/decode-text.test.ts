import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeText } from '../../../ingest/parsers/decode-text.ts';

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

describe('decodeText', () => {
  it('reads UTF-8 and UTF-16 of both orders, with a mark and without', () => {
    const text = 'Zürich, a town';
    const little = Buffer.from(text, 'utf16le');
    const big = Buffer.from(little).swap16();
    expect(decodeText(Buffer.from(text))).toBe(text);
    expect(decodeText(Buffer.from(`\ufeff${text}`))).toBe(text);
    for (const encoded of [little, big]) expect(decodeText(encoded)).toBe(text);
    expect(decodeText(Buffer.concat([bytes(0xff, 0xfe), little]))).toBe(text);
    expect(decodeText(Buffer.concat([bytes(0xfe, 0xff), big]))).toBe(text);
  });

  it('reads any text back from its UTF-8', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (text) => {
        fc.pre(!text.includes('\0') && !text.startsWith('\ufeff'));
        expect(decodeText(Buffer.from(text))).toBe(text);
      }),
    );
  });

  it('reads what is not UTF-8 as windows-1252 where that makes sense', () => {
    expect(decodeText(Buffer.from('Le café coûte 3 €, dit-il à Zoë'.replace('€', '\x80'), 'latin1'))).toBe(
      'Le café coûte 3 €, dit-il à Zoë',
    );
  });

  it('prefers the declared charset to a guess, and sound UTF-8 to the declared charset', () => {
    const japanese = bytes(0x96, 0xbc, 0x91, 0x4f, 0x2c, 0x94, 0x4e);
    expect(decodeText(japanese, 'shift_jis')).toBe('名前,年');
    expect(decodeText(Buffer.from('名前'), 'iso-8859-1')).toBe('名前');
    expect(decodeText(Buffer.from('plain'), 'no-such-charset')).toBe('plain');
  });

  it('keeps UTF-8 with a broken byte as UTF-8', () => {
    const broken = Buffer.concat([Buffer.from('Äpfel, Öl, Übermaß und é'), bytes(0xc3)]);
    expect(decodeText(broken)).toBe('Äpfel, Öl, Übermaß und é\ufffd');
  });

  it('refuses encodings it cannot tell, instead of inventing letters', () => {
    const japanese = bytes(0x96, 0xbc, 0x91, 0x4f, 0x2c, 0x94, 0x4e, 0x97, 0xee, 0x8f, 0x5a);
    const russian = bytes(0xcf, 0xf0, 0xe8, 0xe2, 0xe5, 0xf2, 0x2c, 0x20, 0xec, 0xe8, 0xf0);
    for (const text of [japanese, russian]) {
      expect(() => decodeText(text)).toThrow(expect.objectContaining({ reason: 'corrupt' }));
    }
    expect(() => decodeText(Buffer.concat([bytes(0xff, 0xfe), bytes(0x00, 0xd8)]))).toThrow(
      expect.objectContaining({ reason: 'corrupt' }),
    );
  });

  it('refuses binary data as an unsupported type', () => {
    const binary = Uint8Array.from({ length: 4_000 }, (_, at) => (at * 7919) % 256);
    expect(() => decodeText(binary)).toThrow(expect.objectContaining({ reason: 'unsupported_type' }));
  });
});
