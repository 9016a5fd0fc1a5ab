import { afterAll, describe, expect, it } from 'vitest';
import { Highlighter } from '../../../search-engine/sqlite/highlighter.ts';

describe('Highlighter', () => {
  const highlighter = new Highlighter();
  afterAll(() => highlighter.close());
  const marked = (query: string, text: string) =>
    highlighter.mark(query, [text])[0]?.map(([start, end]) => text.slice(start, end));

  it('marks each word that the query matches, in its other forms too', () => {
    expect(marked('indexing engines', 'An engine indexes; the ENGINES index')).toEqual([
      'engine',
      'indexes',
      'ENGINES',
      'index',
    ]);
  });
  it('counts UTF-16 code units after astral characters and NULs', () => {
    expect(marked('tower', '😀\0 the tower 😀 tower\0')).toEqual(['tower', 'tower']);
  });
  it('marks no stop words beside others', () => {
    expect(marked('the tower', 'the tower of the town')).toEqual(['tower']);
  });
  it('marks words with diacritics', () => {
    expect(marked('cafe', 'le Café, le cafe\u0301')).toEqual(['Café', 'cafe\u0301']);
  });
  it('marks nothing where nothing matches or nothing is asked', () => {
    expect(highlighter.mark('tower', ['bridge', ''])).toEqual([[], []]);
    expect(highlighter.mark('?', ['bridge'])).toEqual([[]]);
  });
  it('keeps texts of one call apart, and forgets them after it', () => {
    expect(highlighter.mark('b', ['a b', 'b', 'c'])).toEqual([[[2, 3]], [[0, 1]], []]);
    expect(highlighter.mark('c', ['b'])).toEqual([[]]);
  });
});
