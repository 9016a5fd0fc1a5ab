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

/** What may stand between two letters or figures of one thing, as another text writes it. */
const maxBetween = 3;

/**
 * The longest part of a quote without any of the texts that were masked in the answer, however the quote writes their
 * letters and figures: in either case, with other accents, widths and signs between them.
 */
export function withoutMasked(quote: string, masked: readonly string[]): string {
  let parts = [quote];
  for (const secret of masked) parts = parts.flatMap((part) => partsWithout(part, secret));
  return parts
    .map((part) => part.trim())
    .reduce((longest, part) => (part.length > longest.length ? part : longest), '');
}

function partsWithout(text: string, secret: string): string[] {
  const wanted = lettersOf(secret).text;
  if (wanted === '') return text.split(secret);
  const { text: letters, places } = lettersOf(text);
  const parts: string[] = [];
  let from = 0;
  for (let at = letters.indexOf(wanted); at !== -1; at = letters.indexOf(wanted, at + 1)) {
    const own = places.slice(at, at + wanted.length);
    const isTogether = own.every(([start], next) => next === 0 || start - own[next - 1]![1] <= maxBetween);
    if (!isTogether || own[0]![0] < from) continue;
    parts.push(text.slice(from, own[0]![0]));
    from = own.at(-1)![1];
  }
  return [...parts, text.slice(from)];
}

/** Letters and figures alone, small and plain, and where each stands. */
function lettersOf(text: string): { readonly text: string; readonly places: readonly [number, number][] } {
  const places: [number, number][] = [];
  let letters = '';
  for (const { 0: letter, index } of text.matchAll(/[\p{L}\p{N}]/gu)) {
    const plain = letter.normalize('NFKD').toLowerCase().replace(/\p{M}/gu, '');
    letters += plain;
    for (let unit = 0; unit < plain.length; unit += 1) places.push([index, index + letter.length]);
  }
  return { text: letters, places };
}

function wordsOf(text: string): Set<string> {
  return new Set(text.toLowerCase().match(/[\p{L}\p{N}]{2,}/gu) ?? []);
}
