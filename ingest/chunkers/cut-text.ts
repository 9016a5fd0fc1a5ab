import type { Tokenizer } from '../../models/embedding-model.ts';

/** No token of any tokenizer in use spells more; bounds the text that is looked at. */
const maxCharactersPerToken = 64;

/** The longest start of the text, ending at a word, of at most `maxTokens`; `''` where not even one word fits. */
export function cutText(text: string, maxTokens: number, tokenizer: Tokenizer): string {
  const trimmed = text.trim();
  if (trimmed.length <= maxTokens * maxCharactersPerToken && tokenizer.count(trimmed) <= maxTokens)
    return trimmed;
  const ends = [...trimmed.slice(0, maxTokens * maxCharactersPerToken + 1).matchAll(/\S+(?=\s)/g)].map(
    (match) => match.index + match[0].length,
  );
  let low = 0;
  let high = ends.length;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (tokenizer.count(trimmed.slice(0, ends[middle - 1])) <= maxTokens) low = middle;
    else high = middle - 1;
  }
  return low === 0 ? '' : trimmed.slice(0, ends[low - 1]);
}
