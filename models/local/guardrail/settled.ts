/** A word that may be a part of a number, a card, an account or a key whose groups stand apart. */
const groupOfMany = /\d|^[+().\-/]+$|^[A-Z]{1,4}$/;
/** An account number has 34 characters in groups of four; more groups than these are no one thing. */
const maxGroups = 20;
/** Longer ones are no addresses. */
const maxWordCharacters = 420;

/**
 * The place from which on a text that goes on could still become a match: the last word, and the groups of digits
 * before it. Everything before it is settled.
 * @param keptWords at least so many words at the end are not settled
 * @param keptCharacters nor are so many characters
 */
export function settledLength(text: string, keptWords: number, keptCharacters: number): number {
  let settled = Math.max(0, text.length - keptCharacters);
  let words = 0;
  let end = text.length;
  while (end > 0 && words < maxGroups) {
    const tail = text.slice(Math.max(0, end - maxWordCharacters), end);
    const word = /\S*\s*$/.exec(tail)![0];
    if (words >= keptWords && !groupOfMany.test(word.trim())) break;
    words += 1;
    end -= Math.max(word.length, 1);
  }
  settled = Math.min(settled, end);
  // Not between the halves of a character.
  const code = text.charCodeAt(settled);
  return code >= 0xdc00 && code <= 0xdfff ? settled - 1 : settled;
}
