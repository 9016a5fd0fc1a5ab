export interface WordComparison {
  /** The share of the reference's words, each as often as it stands there, that the text has; 0 to 1. */
  readonly recall: number;
  /** 1 less the edit distance between the words (Levenshtein), as a share of the longer side; 0 to 1. */
  readonly order: number;
}

/** Compares a text with a reference in Markdown by their words, without case, marks and addresses. */
export function compareWords(reference: string, text: string): WordComparison {
  const expected = wordsOf(plainText(reference));
  const found = wordsOf(text);
  if (expected.length === 0) return { recall: 1, order: found.length === 0 ? 1 : 0 };
  const counts = new Map<string, number>();
  for (const word of found) counts.set(word, (counts.get(word) ?? 0) + 1);
  let common = 0;
  for (const word of expected) {
    const left = counts.get(word) ?? 0;
    if (left > 0) common++;
    counts.set(word, left - 1);
  }
  const distance = editDistance(expected, found);
  return {
    recall: common / expected.length,
    order: 1 - distance / Math.max(expected.length, found.length),
  };
}

/** Runs of letters and digits; scripts without spaces count each character, since nothing parts their words. */
export function wordsOf(text: string): string[] {
  const normal = text.normalize('NFKC').toLowerCase();
  return (
    normal.match(
      /[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Thai}]|[[\p{L}\p{M}\p{N}]--[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Thai}]]+/gv,
    ) ?? []
  );
}

/** Markdown without its addresses, comments, pictures and entities. */
function plainText(markdown: string): string {
  return markdown
    .replace(/!\[[^\]]*\]\([^)]*\)|<!--.*?-->|\]\([^)]*\)/gs, ' ')
    .replace(/&(?:amp|lt|gt|quot);/g, ' ')
    .replace(/\\([_*#[\]|])/g, '$1');
}

/** Levenshtein's distance, two rows at a time; what both start and end with is left out first. */
function editDistance(left: readonly string[], right: readonly string[]): number {
  const numbers = new Map<string, number>();
  const numbered = (words: readonly string[]): Uint32Array =>
    Uint32Array.from(words, (word) => numbers.get(word) ?? numbers.set(word, numbers.size).size - 1);
  let a = numbered(left);
  let b = numbered(right);
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end])
    end++;
  a = a.subarray(start, a.length - end);
  b = b.subarray(start, b.length - end);
  let above = Uint32Array.from({ length: b.length + 1 }, (_, at) => at);
  let row = new Uint32Array(b.length + 1);
  for (let i = 0; i < a.length; i++) {
    row[0] = i + 1;
    for (let j = 0; j < b.length; j++) {
      const replaced = above[j]! + (a[i] === b[j] ? 0 : 1);
      const either = Math.min(above[j + 1]!, row[j]!) + 1;
      row[j + 1] = replaced < either ? replaced : either;
    }
    [above, row] = [row, above];
  }
  return above[b.length]!;
}
