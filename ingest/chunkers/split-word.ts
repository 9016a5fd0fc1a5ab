import type { Tokenizer } from '../../models/embedding-model.ts';
import { weigh } from './weigh.ts';

/** A piece of a long word, [start, end) in it; `isWordStart` where a reader would see a new word, as between Chinese characters. */
export interface WordPart {
  readonly start: number;
  readonly end: number;
  readonly weight: number;
  readonly isWordStart: boolean;
}

/** Words up to this length stay whole. */
export const maxWordCharacters = 24;
/** A grapheme cluster longer than this (a letter under hundreds of accents) is split between its code points. */
const maxGraphemeCharacters = 64;

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });
const unspaced = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u;
/** Words without spaces between, which a dictionary tells apart. */
const runTogether = /[\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
const dictionary = new Intl.Segmenter('th', { granularity: 'word' });
const separator = /[\p{P}\p{S}]/u;

/**
 * Cuts a long run without white space into parts of at most `maxWeight`, between grapheme clusters; inside one only
 * where it alone is too heavy, and never inside a surrogate pair.
 */
export function splitWord(word: string, tokenizer: Tokenizer, maxWeight: number): WordPart[] {
  const parts: WordPart[] = [];
  const wordStarts = runTogether.test(word)
    ? new Set(Array.from(dictionary.segment(word), ({ index }) => index))
    : undefined;
  let isWordStart = true;
  let from = 0;
  let to = 0;
  const close = (): void => {
    if (to > from) addPart(parts, word, from, to, isWordStart, tokenizer, maxWeight);
    isWordStart = false;
    from = to;
  };
  for (const { segment, index } of graphemes.segment(word)) {
    const standsAlone = unspaced.test(segment) || segment.length > maxGraphemeCharacters;
    const startsWord = standsAlone || (wordStarts?.has(index) ?? false);
    if (startsWord) close();
    if (startsWord) isWordStart = true;
    to = index + segment.length;
    if (standsAlone || to - from >= maxWordCharacters) {
      close();
      isWordStart = standsAlone || separator.test(segment);
    }
  }
  close();
  return parts;
}

function addPart(
  parts: WordPart[],
  word: string,
  from: number,
  to: number,
  isWordStart: boolean,
  tokenizer: Tokenizer,
  maxWeight: number,
): void {
  const piece = word.slice(from, to);
  // The length first: what is long is not worth counting before it is cut.
  const isLong = piece.length > maxGraphemeCharacters * 2;
  const weight = isLong ? Number.POSITIVE_INFINITY : weigh(piece, tokenizer);
  const middle = weight > maxWeight ? middleOf(piece) : 0;
  if (middle === 0) {
    parts.push({ start: from, end: to, weight, isWordStart });
    return;
  }
  addPart(parts, word, from, from + middle, isWordStart, tokenizer, maxWeight);
  addPart(parts, word, from + middle, to, false, tokenizer, maxWeight);
}

/** The grapheme boundary nearest to the middle, in one cluster the code point boundary; 0 where there is none. */
function middleOf(piece: string): number {
  const half = piece.length / 2;
  let best = 0;
  for (const { index } of graphemes.segment(piece)) {
    if (index > 0 && (best === 0 || Math.abs(index - half) < Math.abs(best - half))) best = index;
  }
  if (best > 0) return best;
  const at = Math.floor(half);
  const isInsidePair = isHighSurrogate(piece.charCodeAt(at - 1)) && isLowSurrogate(piece.charCodeAt(at));
  return isInsidePair ? at - 1 : at;
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}
