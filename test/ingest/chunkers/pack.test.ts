import { describe, expect, it } from 'vitest';
import { type PackOptions, pack } from '../../../ingest/chunkers/pack.ts';
import { type BreakLevel, breakLevel, WordTable } from '../../../ingest/chunkers/word-table.ts';

/** Words of weight 1; `levels` of those before which a chunk may end better than at any word. */
function tableOf(length: number, levels: Readonly<Record<number, BreakLevel>> = {}): WordTable {
  const words = new WordTable();
  for (let at = 0; at < length; at += 1) words.add(at * 2, at * 2 + 1, 1, levels[at] ?? breakLevel.word);
  return words;
}

function ends(words: WordTable, options: Partial<PackOptions> = {}): [from: number, to: number][] {
  const all: PackOptions = {
    maxTokens: 10,
    room: () => 10,
    measure: (from, to) => to - from,
    overlap: 0,
    balanced: true,
    ...options,
  };
  return [...pack(words, 0, words.length, all)].map(({ from, to }) => [from, to]);
}

describe('pack', () => {
  it('gives one chunk where all fits', () => {
    expect(ends(tableOf(10))).toEqual([[0, 10]]);
  });

  it('balances chunks, or fills them', () => {
    expect(ends(tableOf(12))).toEqual([
      [0, 6],
      [6, 12],
    ]);
    expect(ends(tableOf(12), { balanced: false })).toEqual([
      [0, 10],
      [10, 12],
    ]);
  });

  it('ends at the best level before the best size', () => {
    const words = tableOf(12, { 4: breakLevel.sentence, 8: breakLevel.block });
    expect(ends(words)).toEqual([
      [0, 8],
      [8, 12],
    ]);
  });

  it('takes words off until the exact count fits', () => {
    const measured = ends(tableOf(12), { balanced: false, measure: (from, to) => (to - from) * 2 });
    expect(measured).toEqual([
      [0, 5],
      [5, 10],
      [10, 12],
    ]);
  });

  it('overlaps by as much as is asked for, and goes on even so', () => {
    const overlapping = { balanced: false, overlap: 4 };
    expect(ends(tableOf(16), overlapping)).toEqual([
      [0, 10],
      [6, 16],
    ]);
    const full = ends(tableOf(13), { balanced: false, overlap: 10 });
    expect(full.map(([, to]) => to)).toEqual([10, 11, 12, 13]);
  });

  it('does not start an overlap inside a word', () => {
    const words = tableOf(16, { 6: breakLevel.part, 7: breakLevel.part });
    expect(ends(words, { balanced: false, overlap: 4 })[1]).toEqual([8, 16]);
  });

  it('gives less room where a chunk starts under more headings', () => {
    const room = (from: number): number => (from === 0 ? 10 : 5);
    const measure = (from: number, to: number): number => to - from + (10 - room(from));
    expect(ends(tableOf(18), { balanced: false, room, measure })).toEqual([
      [0, 10],
      [10, 15],
      [15, 18],
    ]);
  });

  it('says so where not even one word fits', () => {
    expect(() => ends(tableOf(1), { measure: () => 11 })).toThrow('Cannot fit one word into 10 tokens');
  });
});
