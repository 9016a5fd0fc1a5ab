import { describe, expect, it } from 'vitest';
import { citePassages } from '../../../models/bedrock/cited-passages.ts';

describe('citePassages', () => {
  it('sends no piece without text, which would have the whole request refused', () => {
    const passages = [
      { text: '', title: ' ', uri: '' },
      { text: ' \n', context: '' },
      { text: '', context: 'A | B' },
      { text: 'One. Two.', title: 'T' },
    ];
    const { blocks, resolve } = citePassages(passages);
    expect(blocks.map(({ searchResult }) => searchResult)).toMatchObject([
      { source: 'passage 1', title: 'Passage 1', content: [{ text: '(no text)' }] },
      { source: 'passage 2', title: 'Passage 2', content: [{ text: '(no text)' }] },
      { content: [{ text: 'A | B' }] },
      { title: 'T', content: [{ text: 'One.' }, { text: 'Two.' }] },
    ]);
    const at = (searchResultIndex: number, start: number) => ({
      location: { searchResultLocation: { searchResultIndex, start, end: start + 1 } },
    });
    expect(resolve(at(0, 0))).toBeUndefined();
    expect(resolve(at(3, 1))).toEqual({ passage: 3, quote: 'Two.' });
  });
});
