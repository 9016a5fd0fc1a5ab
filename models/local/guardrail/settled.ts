import { foldText } from './fold-text.ts';
import { begunTag } from './markup-ranges.ts';

/** A word that may be a part of a number, a card, an account or a key whose groups stand apart. */
const groupOfMany = /\d|^[+().\-/]+$|^[A-Z]{1,4}$/;
/** An account number has 34 characters in groups of four; more groups than these are no one thing. */
const maxGroups = 20;
/** The beginning of an account number, whose groups of letters may be small ones: then they look like words. */
const account = /(?<![a-z0-9])[a-z]{2}\d{2}[a-z0-9 -]{0,46}$/i;
/** Of which 34 characters are its own, with a space or a hyphen between groups of four. */
const maxAccountCharacters = 50;
/** A thing that is spelled with spaces between its letters has no more of them. */
const maxSpelled = 100;
const endsSingle = /[^\p{L}\p{N}\p{M}][\p{L}\p{N}]\p{M}{0,4}[^\p{L}\p{N}]*$/u;
/** Words end in spaces, in scripts without spaces at the stops of a sentence. */
const lastWord = /[^\s。、]*[\s。、]*$/;
/** Longer ones are no addresses. */
const maxWordCharacters = 420;

/**
 * The place from which on a text that goes on could still become a match: the last word, the groups of digits
 * before it, and the single letters. Everything before it is settled.
 * @param keptWords at least so many words at the end are not settled
 * @param keptCharacters nor are so many characters
 */
export function settledLength(given: string, keptWords: number, keptCharacters: number): number {
  const folded = foldText(given);
  // What is no tag yet may become one that nobody sees, and then its letters stand beside those before it.
  const text = folded.plain.slice(0, begunTag.exec(folded.plain)?.index);
  let settled = Math.max(0, text.length - keptCharacters);
  let words = 0;
  let spelled = 0;
  let end = text.length;
  while (end > 0 && words < maxGroups && spelled < maxSpelled) {
    const tail = text.slice(Math.max(0, end - maxWordCharacters), end);
    const word = lastWord.exec(tail)![0];
    const wasSpelled = spelled > 0;
    spelled = isSingle(word) ? spelled + 1 : 0;
    // Single letters in a row may be one word that is spelled; its first may stand behind a sign.
    if (!wasSpelled || (spelled === 0 && !endsSingle.test(word))) {
      if (words >= keptWords && !groupOfMany.test(word.trim())) break;
      words += 1;
    }
    end -= Math.max(word.length, 1);
    // Nothing that is looked for has so many characters without a space.
    if (word.length === maxWordCharacters) break;
  }
  // One character more, to see whether a word begins there.
  const tail = text.slice(-maxAccountCharacters - 1);
  const begun = account.exec(tail);
  if (begun !== null) end = Math.min(end, text.length - tail.length + begun.index);
  settled = Math.min(settled, end);
  const [origin] = settled < folded.plain.length ? folded.originOf([settled, settled + 1]) : [given.length];
  // Own patterns are held against the text as it stands, too.
  const place = Math.min(origin, Math.max(0, given.length - keptCharacters));
  // Not between the halves of a character.
  const code = given.charCodeAt(place);
  return code >= 0xdc00 && code <= 0xdfff ? place - 1 : place;
}

/** One letter or digit, or only signs, as they stand between spelled letters. */
function isSingle(word: string): boolean {
  return word.length <= 24 && (word.match(/[\p{L}\p{N}]/gu)?.length ?? 0) <= 1;
}
