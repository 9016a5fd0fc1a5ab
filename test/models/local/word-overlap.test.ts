import { describe, expect, it } from 'vitest';
import { contentWords, wordOverlap } from '../../../models/local/word-overlap.ts';

describe('contentWords', () => {
  it('leaves out words that say nothing, case and common endings', () => {
    expect(contentWords('What are the Tenants that we have?')).toEqual(contentWords('tenant'));
    expect(contentWords('embedded embedding embeds embed').size).toBe(1);
    expect(contentWords('query queries').size).toBe(1);
  });
});

describe('wordOverlap', () => {
  it('is the part of the question that the sentence has', () => {
    const question = contentWords('How large may a tenant id be?');
    expect(question.size).toBe(3);
    expect(wordOverlap(question, contentWords('A tenant has an id.'))).toBeCloseTo(2 / 3);
    expect(wordOverlap(question, contentWords('Nothing alike'))).toBe(0);
    expect(wordOverlap(contentWords('what is it'), contentWords('it is'))).toBe(0);
  });
});
