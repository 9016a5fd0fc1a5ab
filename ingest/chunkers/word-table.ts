/** How well a chunk may end before a word, from worst to best. */
export const breakLevel = {
  /** Inside a grapheme cluster, as before an accent that stands on a space: never. */
  inside: 0,
  /** Inside a word. */
  part: 1,
  word: 2,
  /** A line of something that is kept whole, or of wrapped prose. */
  line: 3,
  /** A line of code that is too long to be kept whole. */
  codeLine: 4,
  /** A sentence, a table's row. */
  sentence: 5,
  /** A sentence that starts a line: a list's item. */
  item: 6,
  block: 7,
} as const;

export type BreakLevel = (typeof breakLevel)[keyof typeof breakLevel];

/** A document's words in reading order: where each starts, what it weighs, how well a chunk may end before it. */
export class WordTable {
  length = 0;
  #starts = new Uint32Array(1024);
  #ends = new Uint32Array(1024);
  /** Weight of all words before the index; whole numbers below 2 ** 53, so that differences are exact. */
  #sums = new Float64Array(1025);
  #levels = new Uint8Array(1024);

  add(start: number, end: number, weight: number, level: BreakLevel): void {
    if (this.length === this.#starts.length) this.#grow();
    this.#starts[this.length] = start;
    this.#ends[this.length] = end;
    this.#levels[this.length] = level;
    this.#sums[this.length + 1] = this.#sums[this.length]! + weight;
    this.length += 1;
  }

  /** Where the word starts in the text. */
  start(at: number): number {
    return this.#starts[at]!;
  }

  end(at: number): number {
    return this.#ends[at]!;
  }

  /** How well a chunk may end before the word. */
  level(at: number): BreakLevel {
    return this.#levels[at]! as BreakLevel;
  }

  /** What lies inside a grapheme cluster stays so. */
  setLevel(at: number, level: BreakLevel): void {
    if (this.#levels[at] !== breakLevel.inside) this.#levels[at] = level;
  }

  /** Of the words from `from` up to `to`, which is not included. */
  weight(from: number, to: number): number {
    return this.#sums[to]! - this.#sums[from]!;
  }

  /** The greatest `to` up to `limit` whose words from `from` weigh at most `maxWeight`; `from` where none fits. */
  reach(from: number, limit: number, maxWeight: number): number {
    let low = from;
    let high = limit;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (this.weight(from, middle) <= maxWeight) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #grow(): void {
    const length = this.#starts.length * 2;
    this.#starts = copied(new Uint32Array(length), this.#starts);
    this.#ends = copied(new Uint32Array(length), this.#ends);
    this.#sums = copied(new Float64Array(length + 1), this.#sums);
    this.#levels = copied(new Uint8Array(length), this.#levels);
  }
}

function copied<T extends Uint32Array | Float64Array | Uint8Array>(target: T, source: T): T {
  target.set(source);
  return target;
}
