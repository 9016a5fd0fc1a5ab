import { sentences } from '../domain/sentences.ts';

/** The part of an answer that a marker stands behind: its sentence, or what of it comes after the marker before. */
export function markedRange(
  text: string,
  at: number,
  previous: number,
): readonly [start: number, end: number] | undefined {
  const last = sentences(text.slice(previous, at)).at(-1);
  return last === undefined ? undefined : [previous + last[0], previous + last[1]];
}

/** The sentence of a passage that shares the most words with a statement; the first one where none does. */
export function closestSentence(passage: string, statement: string): string | undefined {
  const words = wordsOf(statement);
  let best: { readonly text: string; readonly shared: number } | undefined;
  for (const [start, end] of sentences(passage)) {
    const text = passage.slice(start, end);
    const own = wordsOf(text);
    let shared = 0;
    for (const word of words) if (own.has(word)) shared += 1;
    // Of sentences that share as much the shorter one says less besides.
    const score = shared - own.size / 1_000;
    if (best === undefined || score > best.shared) best = { text, shared: score };
  }
  return best?.text;
}

/** The longest part of a quote without any of the texts that were masked in the answer. */
export function withoutMasked(quote: string, masked: readonly string[]): string {
  let parts = [quote];
  for (const secret of masked) parts = parts.flatMap((part) => part.split(secret));
  return parts
    .map((part) => part.trim())
    .reduce((longest, part) => (part.length > longest.length ? part : longest), '');
}

function wordsOf(text: string): Set<string> {
  return new Set(text.toLowerCase().match(/[\p{L}\p{N}]{2,}/gu) ?? []);
}
