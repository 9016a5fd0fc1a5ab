import { describe, expect, it } from 'vitest';
import { createAsciiWordPiece } from '../../../models/local/ascii-word-piece.ts';

const idsOf = createAsciiWordPiece(
  new Map([
    ['[UNK]', 0],
    ['ab', 1],
    ['##c', 2],
    ['##cd', 3],
    ['.', 4],
  ]),
);

describe('createAsciiWordPiece', () => {
  it('takes the longest pieces and sets marks apart', () => {
    expect(idsOf('ABcd.abc')).toEqual([1, 3, 4, 1, 2]);
  });

  it('gives one unknown token for a word that the vocabulary cannot spell, or a very long one', () => {
    expect(idsOf('abx')).toEqual([0]);
    expect(idsOf(`ab${'c'.repeat(99)}`)).toEqual([0]);
    expect(idsOf(`ab${'c'.repeat(98)}`)).toHaveLength(99);
  });

  it('leaves what is not plain ASCII, or may hold a special token, to the full tokenizer', () => {
    expect(idsOf('é')).toBeUndefined();
    expect(idsOf('a[SEP]')).toBeUndefined();
    expect(idsOf('a b')).toBeUndefined();
  });
});
