import { describe, expect, it } from 'vitest';
import { lexicalQuery, queryWords } from '../../../search-engine/opensearch/lexical-query.ts';

describe('queryWords', () => {
  it('keeps each word once and leaves stop words out', () => {
    expect(queryWords('What is the Drag of a wing, the drag?')).toBe('drag wing');
  });

  it('keeps stop words where there is nothing else', () => {
    expect(queryWords('To be or not to be')).toBe('to be or not');
  });

  it.each(['', ' ', '...', '()"*', '😀', '\0'])('is undefined for %j, which has no word', (text) => {
    expect(queryWords(text)).toBeUndefined();
  });

  it('cuts after 500 terms, with or without spaces', () => {
    const words = Array.from({ length: 2_000 }, (_, at) => `w${at}`).join(' ');
    expect(queryWords(words)!.split(' ')).toHaveLength(500);
    const ideographs = Array.from({ length: 4_000 }, (_, at) => String.fromCodePoint(0x4e00 + at)).join('');
    expect([...queryWords(ideographs)!]).toHaveLength(500);
  });
});

describe('lexicalQuery', () => {
  it('searches a single field of weight 1 alone', () => {
    expect(lexicalQuery('wing', { title: 0, text: 1 })).toEqual({ match: { body: 'wing' } });
  });

  it('keeps the proportion of weights below 1, which OpenSearch refuses', () => {
    expect(lexicalQuery('wing', { title: 0.5, text: 0.25 })).toEqual({
      combined_fields: { query: 'wing', fields: ['title^2', 'body^1'] },
    });
  });

  it('finds nothing where each field has weight 0', () => {
    expect(lexicalQuery('wing', { title: 0, text: 0 })).toEqual({ match_none: {} });
  });
});
