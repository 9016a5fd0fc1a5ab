import { hiddenRanges } from '../../../domain/hidden-text.ts';
import { lookAlikes } from './look-alikes.ts';
import { markupRanges } from './markup-ranges.ts';
import { firstFrom, type Range } from './matches-from.ts';

/** A text as its reader takes it, with the way back to where each of its characters stands. */
export interface FoldedText {
  readonly plain: string;
  /** The first place of `plain` that stands at a place of the given text, or behind it. */
  placeOf(origin: number): number;
  /** The range of the given text of a range of `plain`. */
  originOf(range: Range): Range;
}

/** Characters that are their own plain forms, none of which can be markup. */
const isPlain = /^[\n\r\t !"#$%&'()+,\-./0-9:;=>?@A-Z[\]^a-z{|}]*$/;
/** Accents and other marks of the letter before them, and the later parts of a Korean syllable. */
const combines = /^[\p{M}\u1161-\u11ff]$/u;
/** Letters and digits in a row. */
const words = /[\p{L}\p{M}\p{N}]+/gu;

/**
 * Folds what a reader does not tell apart, for patterns to be held against it: what nobody sees and marks of emphasis go,
 * full-width, circled and other compatibility forms become plain (NFKC, a character with its marks at a time), other dashes and spaces
 * too, and in a word that mixes scripts Cyrillic and Greek letters become the Latin ones that they look like. Linear.
 */
export function foldText(text: string): FoldedText {
  if (isPlain.test(text)) return { plain: text, placeOf: (origin) => origin, originOf: (range) => range };
  const parts: string[] = [];
  const starts: number[] = [];
  const ends: number[] = [];
  const removed = [...hiddenRanges(text, 0, text.length), ...markupRanges(text)].toSorted(
    (left, right) => left[0] - right[0],
  );
  let next = 0;
  let character = '';
  let [start, end] = [0, 0];
  const fold = () => {
    const folded = foldCharacter(character);
    for (let unit = 0; unit < folded.length; unit += 1) {
      starts.push(start);
      ends.push(end);
    }
    parts.push(folded);
  };
  for (let at = 0; at < text.length; ) {
    while (next < removed.length && removed[next]![1] <= at) next += 1;
    const skipped = removed[next];
    if (skipped !== undefined && skipped[0] <= at) {
      at = skipped[1];
      continue;
    }
    const point = String.fromCodePoint(text.codePointAt(at)!);
    // Whether an accent is a part of its letter or stands behind it, nobody sees.
    if (point >= '\u0300' && character !== '' && combines.test(point)) character += point;
    else {
      fold();
      character = point;
      start = at;
    }
    at += point.length;
    end = at;
  }
  fold();
  return {
    plain: parts.join('').replace(words, foldLookAlikes),
    placeOf: (origin) => firstFrom(starts, origin),
    originOf: ([start, end]) => (end > start ? [starts[start]!, ends[end - 1]!] : [0, 0]),
  };
}

function foldCharacter(character: string): string {
  if (character.length < 2 && character < '\u0080') return character;
  if (/[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]/.test(character)) return '-';
  if (/[\p{Zs}\u2028\u2029]/u.test(character)) return ' ';
  return character.normalize('NFKC');
}

/** Folds a word that mixes scripts: its Cyrillic and Greek letters become the Latin ones that they look like. Keeps its length. */
export function foldLookAlikes(word: string): string {
  if (!/[a-z]/i.test(word) || !/[\p{Script=Cyrillic}\p{Script=Greek}]/u.test(word)) return word;
  return word.replace(
    /[\p{Script=Cyrillic}\p{Script=Greek}]/gu,
    (letter) => lookAlikes.get(letter) ?? letter,
  );
}
