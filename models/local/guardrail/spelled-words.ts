import type { Range } from './matches-from.ts';
import type { SpelledRun } from './spelled-out.ts';

/** Shorter ones stand in too many initials and lists. */
const minLetters = 3;
/** Shorter ones stand by chance in headings whose letters are spaced: `n o t e s t o` has `test`. */
const minLettersWithin = 6;
/** How many words of one letter may stand before a spaced word, and behind it. */
const oneLetterWords = 2;

/** Whether a denied word is looked for where it is spelled. Figures alone stand apart in tables and versions. */
export function canBeSpelled(word: string): boolean {
  return lettersOf(word) >= minLetters && /\p{L}/u.test(word);
}

/**
 * Makes what finds words in runs of spelled letters: those that are a whole run, but for an `a` or `I` that spaces cannot
 * tell from it, and long ones anywhere in a run. Linear.
 * @param words as they are folded, those that can be spelled
 */
export function createSpelledWordFinder(words: readonly string[]): (runs: readonly SpelledRun[]) => Range[] {
  const spelled = words.map((word) => word.replace(/[^\p{L}\p{N}\p{M}]/gu, '').toLowerCase());
  const whole = new Set(spelled);
  // Of what begins at one place the longest.
  const long = spelled
    .filter((word) => lettersOf(word) >= minLettersWithin)
    .toSorted((left, right) => right.length - left.length);
  const within = long.length === 0 ? undefined : new RegExp(long.join('|'), 'giu');
  return (runs) =>
    runs.flatMap((run) => {
      const { text, places } = run;
      const found = [...wholeRun(run, whole), ...(within === undefined ? [] : text.matchAll(within))];
      return found.map(
        (match): Range => [places[match.index]![0], places[match.index + match[0].length - 1]![1]],
      );
    });
}

function wholeRun(
  { text, separator }: SpelledRun,
  words: ReadonlySet<string>,
): { index: number; 0: string }[] {
  const letters = text.toLowerCase();
  // Some letters have more code units when they are small.
  if (letters.length !== text.length) return [];
  const most = /\s/.test(separator) ? oneLetterWords : 0;
  const before = /^[ai]*/.exec(letters)![0].length;
  const behind = /[ai]*$/.exec(letters)![0].length;
  for (let first = 0; first <= Math.min(before, most); first += 1) {
    for (let last = 0; last <= Math.min(behind, most); last += 1) {
      const word = letters.slice(first, letters.length - last);
      if (words.has(word)) return [{ index: first, 0: word }];
    }
  }
  return [];
}

function lettersOf(text: string): number {
  return text.match(/[\p{L}\p{N}]/gu)?.length ?? 0;
}
