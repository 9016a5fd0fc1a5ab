export interface Hyphenation {
  /** Joins a line to the text before it, and a word that was divided between them. */
  join(text: string, line: string): string;
}

/**
 * Tells hyphens that divide a word at a line's end from those that belong to it: a hyphen stays where the document
 * spells the word with it inside a line.
 */
export function createHyphenation(lines: readonly string[]): Hyphenation {
  const spelled = new Set<string>();
  for (const line of lines) {
    for (const word of line.matchAll(/\p{L}+-\p{L}+/gu)) spelled.add(word[0].toLowerCase());
  }
  return {
    join(text, line) {
      const head = /(\p{L}+)[-\u00ad\u2010]$/u.exec(text.slice(-100))?.[1];
      const tail = /^\p{Ll}+/u.exec(line)?.[0];
      if (head === undefined || tail === undefined) return `${text} ${line}`;
      if (spelled.has(`${head}-${tail}`.toLowerCase())) return text + line;
      return text.slice(0, -1) + line;
    },
  };
}
