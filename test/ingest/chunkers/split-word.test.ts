import { describe, expect, it } from 'vitest';
import { splitWord } from '../../../ingest/chunkers/split-word.ts';
import { wordTokenizer } from './parsed-documents.ts';

function parts(word: string, maxWeight = 10): string[] {
  const found = splitWord(word, wordTokenizer, maxWeight);
  expect(found.map(({ start, end }) => word.slice(start, end)).join('')).toBe(word);
  for (const { weight } of found) expect(weight).toBeLessThanOrEqual(maxWeight);
  return found.map(({ start, end }) => word.slice(start, end));
}

describe('splitWord', () => {
  it('cuts a long word into parts of 24 characters', () => {
    expect(parts('x'.repeat(60)).map(({ length }) => length)).toEqual([24, 24, 12]);
  });

  it('sets characters of scripts without spaces apart, each a word of its own', () => {
    const word = '漢字xyかな';
    expect(parts(word)).toEqual(['漢', '字', 'xy', 'か', 'な']);
    expect(splitWord(word, wordTokenizer, 10).every(({ isWordStart }) => isWordStart)).toBe(true);
  });

  it('cuts languages that write words together between their words', () => {
    expect(parts('เราควรเตรียมร่มไว้ด้วยนะครับ')).toEqual(
      expect.arrayContaining(['เรา', 'ควร', 'เตรียม', 'ร่ม', 'ด้วย']),
    );
    expect(parts('abc'.repeat(10))).toEqual(['abc'.repeat(8), 'abcabc']);
  });

  it('keeps grapheme clusters whole', () => {
    const family = '👩‍👩‍👧‍👦';
    for (const part of parts(family.repeat(9))) expect(part.length % family.length).toBe(0);
    for (const part of parts(family.repeat(9), 2)) expect(part.length % family.length).toBe(0);
  });

  it('cuts a cluster that is too heavy between code points, never inside a pair', () => {
    for (const part of parts(`e${'\u{1d165}'.repeat(500)}`, 4)) expect(part.isWellFormed()).toBe(true);
    expect(Math.max(...parts(`e${'\u0301'.repeat(5000)}`).map(({ length }) => length))).toBeLessThanOrEqual(
      128,
    );
  });

  it('cuts what is heavier than asked for', () => {
    expect(parts('abcdefghijkl'.repeat(2), 1).every(({ length }) => length <= 8)).toBe(true);
  });
});
