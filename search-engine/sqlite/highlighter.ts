import { randomBytes } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { matchExpression } from './match-expression.ts';
import { tokenizer } from './schema.ts';

export type Range = readonly [number, number];

/** Marks the words of texts that a query matches, by the tokenizer of the index. */
export class Highlighter {
  readonly #scratch = new DatabaseSync(':memory:');

  constructor() {
    this.#scratch.exec(`CREATE VIRTUAL TABLE shown USING fts5(text, tokenize = '${tokenizer}')`);
  }

  /** For each text its ranges, [start, end) in UTF-16 code units, rising, not overlapping. */
  mark(query: string, texts: readonly string[]): Range[][] {
    const ranges: Range[][] = texts.map(() => []);
    const match = matchExpression(query);
    if (match === undefined) return ranges;
    const insert = this.#scratch.prepare('INSERT INTO shown (rowid, text) VALUES (?, ?)');
    // U+FDD0 is no character and never interchanged; the random part keeps a text from faking a mark all the same.
    const nonce = randomBytes(6).toString('hex');
    const [open, close] = [`\uFDD0${nonce}(`, `\uFDD0${nonce})`];
    this.#scratch.exec('BEGIN');
    try {
      // highlight() ends at a NUL; a space is no longer and no word either.
      texts.forEach((text, at) => {
        insert.run(BigInt(at), text.replaceAll('\0', ' '));
      });
      const rows = this.#scratch
        .prepare('SELECT rowid AS at, highlight(shown, 0, ?, ?) AS marked FROM shown WHERE shown MATCH ?')
        .all(open, close, match);
      for (const { at, marked } of rows) ranges[Number(at)] = readMarks(String(marked), open, close);
    } finally {
      this.#scratch.exec('ROLLBACK');
    }
    return ranges;
  }

  close(): void {
    this.#scratch.close();
  }
}

function readMarks(marked: string, open: string, close: string): Range[] {
  const ranges: Range[] = [];
  let position = 0;
  const [before, ...parts] = marked.split(open);
  position += before!.length;
  for (const part of parts) {
    const length = part.indexOf(close);
    ranges.push([position, position + length]);
    position += part.length - close.length;
  }
  return ranges;
}
