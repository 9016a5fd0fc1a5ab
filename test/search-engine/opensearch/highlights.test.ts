import { describe, expect, it } from 'vitest';
import { highlightOf, marksIn } from '../../../search-engine/opensearch/highlights.ts';

const { fields } = highlightOf('needle') as {
  fields: { body: { pre_tags: [string]; post_tags: [string] } };
};
const mark = (text: string) => `${fields.body.pre_tags[0]}${text}${fields.body.post_tags[0]}`;

describe('marksIn', () => {
  it('gives the ranges in UTF-16 code units, past astral characters', () => {
    expect(marksIn(`😀 ${mark('needle')} and ${mark('needles')}`, 0)).toEqual([
      [3, 9],
      [14, 21],
    ]);
  });

  it('counts from the start of the text and leaves out what is marked before it', () => {
    expect(marksIn(`${mark('needle')}\nx ${mark('needle')}`, 7)).toEqual([[2, 8]]);
  });

  it('is empty where nothing is marked', () => {
    expect(marksIn(undefined, 0)).toEqual([]);
    expect(marksIn('text', 0)).toEqual([]);
  });
});
