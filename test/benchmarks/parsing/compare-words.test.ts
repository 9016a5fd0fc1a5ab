import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareWords, wordsOf } from '../../../benchmarks/parsing/compare-words.ts';

describe('compareWords', () => {
  it('counts each word as often as the reference has it', () => {
    expect(compareWords('a a b b', 'a b c b')).toEqual({ recall: 0.75, order: 0.5 });
    expect(compareWords('a b c d', 'a b c d')).toEqual({ recall: 1, order: 1 });
    expect(compareWords('a b c d', 'c d a b')).toEqual({ recall: 1, order: 0 });
    expect(compareWords('a b c d', 'a b x c d')).toEqual({ recall: 1, order: 0.8 });
    expect(compareWords('a', '')).toEqual({ recall: 0, order: 0 });
  });

  it('does not count what Markdown adds: addresses, pictures, comments, entities', () => {
    const reference = '# A [link](https://example.com) &amp; ![photo](x.png)<!-- image --> | b\\_c |';
    expect(compareWords(reference, 'a LINK b_c')).toEqual({ recall: 1, order: 1 });
  });

  it('parts scripts without spaces into characters', () => {
    expect(wordsOf('Über 10 名前 x')).toEqual(['über', '10', '名', '前', 'x']);
  });

  it('gives the same distance both ways, and none to itself', () => {
    const text = fc
      .array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 12 })
      .map((words) => words.join(' '));
    fc.assert(
      fc.property(text, text, (left, right) => {
        expect(compareWords(left, right).order).toBeCloseTo(compareWords(right, left).order, 12);
        expect(compareWords(left, left)).toEqual({ recall: 1, order: 1 });
      }),
    );
  });
});
