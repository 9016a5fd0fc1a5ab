import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Tokenizer } from '@huggingface/tokenizers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadWordPieceTokenizer } from '../../../models/local/word-piece.ts';

const folder = path.resolve(import.meta.dirname, '../../../assets/all-MiniLM-L6-v2');
const read = (name: string): object => JSON.parse(readFileSync(path.join(folder, name), 'utf8'));
const reference = new Tokenizer(read('tokenizer.json'), read('tokenizer_config.json'));
const tokenizer = await loadWordPieceTokenizer(folder);

const units = [
  ...'aBzß09 .,;:!?()[]{}<>/|"\'=+_-#@%&*~^$\\`\t\n\r',
  ...'éÉ\u0301\u200d\u00a0\u2003\u2028\u3000\u0000\u000b\u000c\ufeff\u00ad\ufffd',
  ...'Σςσ漢字𠀀ひカ한글עבשלוםمرحباไทย😀👩',
  'don’t',
  ' the ',
  'embedding',
  'x'.repeat(101),
  '[SEP]',
  '[MASK]',
  '##ing',
];
const text = fc.array(fc.constantFrom(...units), { maxLength: 60 }).map((parts) => parts.join(''));

const anyCharacters = fc
  .array(fc.oneof(fc.integer({ min: 0, max: 0x2ff }), fc.integer({ min: 0, max: 0x10ffff })))
  .map((points) => String.fromCodePoint(...points));

describe('loadWordPieceTokenizer', () => {
  it('gives the ids of the reference tokenizer', () => {
    fc.assert(
      fc.property(fc.oneof(text, anyCharacters), (input) => {
        expect(tokenizer.encode(input, Number.MAX_SAFE_INTEGER).ids).toEqual(reference.encode(input).ids);
      }),
      { numRuns: 200 },
    );
  });

  it('counts what it encodes, without the special tokens', () => {
    fc.assert(
      fc.property(text, (input) => {
        const { ids } = tokenizer.encode(input, Number.MAX_SAFE_INTEGER);
        expect(tokenizer.count(input)).toBe(ids.length - tokenizer.specialTokens);
      }),
    );
  });

  it('truncates to the size and keeps the last special token', () => {
    const { ids, isTruncated } = tokenizer.encode('one two three four', 4);
    const whole = tokenizer.encode('one two', 4);
    expect(isTruncated).toBe(true);
    expect(whole.isTruncated).toBe(false);
    expect(ids).toEqual(whole.ids);
    expect(ids.at(-1)).toBe(102);
  });

  it('reads no more of a long text than it needs', () => {
    const long = 'some words of a very long text '.repeat(1_000_000);
    const startedAt = performance.now();
    expect(tokenizer.encode(long, 256).ids).toHaveLength(256);
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });
});
