const words = /[\p{L}\p{N}][\p{L}\p{N}\p{M}'’_-]*/gu;

/** Words that say nothing of a question's subject. */
const stopWords = new Set(
  (
    'a about all also am an and any are as at be been being but by can could did do does doing done for from get ' +
    'give given had has have he her here his how i if in into is it its just let like make many may me might more ' +
    'most much must my no not of on one only or other our out over shall she should so some such tell than that ' +
    'the their them then there these they this those to under up us use used uses using very was we were what ' +
    "when where which while who whom whose why will with would yes you your it's what's"
  ).split(' '),
);

/** The words of a text that carry meaning: lower case, without common English endings, so that forms of one meet. */
export function contentWords(text: string): Set<string> {
  const found = new Set<string>();
  for (const [word] of text.toLowerCase().matchAll(words)) {
    if (!stopWords.has(word)) found.add(stem(word));
  }
  return found;
}

/** Which part of the question's words the sentence has, 0 to 1; 0 where the question has none. */
export function wordOverlap(question: ReadonlySet<string>, sentence: ReadonlySet<string>): number {
  if (question.size === 0) return 0;
  let shared = 0;
  for (const word of question) if (sentence.has(word)) shared += 1;
  return shared / question.size;
}

/** Cuts English endings off until none is left, as a light form of Harman's S stemmer (1991) with those of verbs. */
function stem(word: string): string {
  const plain = word
    .replace(/['’]s$/, '')
    .replace(/ies$/, 'y')
    .replace(/(?<=[^su])s$/, '');
  if (plain.length <= 4) return plain;
  const cut = plain.replace(/(?:ing|ed|e)$/, '').replace(/([bdgmnprt])\1$/, '$1');
  return cut === plain ? plain : stem(cut);
}
