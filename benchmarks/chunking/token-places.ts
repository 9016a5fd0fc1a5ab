import type { Span } from './spans.ts';

/** Turns places in a text, in UTF-16 code units, into places among its tokens. */
export interface TokenPlaces {
  /** How many there are. */
  readonly count: number;
  /** The tokens that begin in [start, end). */
  spanOf(start: number, end: number): Span;
}

/**
 * Tokens are words, numbers and single marks, each Chinese, Japanese or Korean character alone: what BERT's tokenizers
 * begin with. So a token is the same whatever model embeds.
 */
export function findTokens(text: string): TokenPlaces {
  const starts: number[] = [];
  const token = /[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Hang}]|[\p{L}\p{M}\p{N}]+|[^\s\p{L}\p{M}\p{N}]/gu;
  for (const { index } of text.matchAll(token)) starts.push(index);
  const countBefore = (place: number): number => {
    let low = 0;
    let high = starts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (starts[middle]! < place) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return {
    count: starts.length,
    spanOf: (start, end) => ({ from: countBefore(start), to: countBefore(end) }),
  };
}
