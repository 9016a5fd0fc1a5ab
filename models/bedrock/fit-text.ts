import type { Tokenizer } from '../embedding-model.ts';

/**
 * Takes off the end of a text what does not fit, between two characters; an empty text becomes a space, since no model
 * in Bedrock takes one.
 */
export function fitText(
  text: string,
  maxTokens: number,
  tokenizer: Tokenizer,
): { readonly text: string; readonly isCut: boolean } {
  const room = maxTokens - tokenizer.specialTokens;
  if (tokenizer.count(text) <= room) return { text: text === '' ? ' ' : text, isCut: false };
  // Counting grows with the text, so the longest start that fits is found by halving.
  let fits = 0;
  let tooLong = text.length;
  while (tooLong - fits > 1) {
    const middle = (fits + tooLong) >> 1;
    if (tokenizer.count(text.slice(0, middle)) <= room) fits = middle;
    else tooLong = middle;
  }
  // Not between the halves of a pair.
  const end = /[\ud800-\udbff]$/.test(text.slice(0, fits)) ? fits - 1 : fits;
  const start = text.slice(0, end);
  return { text: start.trim() === '' ? ' ' : start, isCut: true };
}
