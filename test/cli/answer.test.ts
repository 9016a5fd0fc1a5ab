import { describe, expect, it } from 'vitest';
import { describeAnswer } from '../../cli/answer.ts';
import type { AnswerResponse, Citation } from '../../domain/answer.ts';

function citation(start: number, end: number, documentId: string, title?: string): Citation {
  return {
    start,
    end,
    chunkId: `${documentId}-0`,
    documentId,
    quote: '',
    ...(title !== undefined && { title }),
  };
}

function answer(text: string, citations: readonly Citation[]): AnswerResponse {
  return {
    answer: { text },
    citations,
    guardrails: [],
    model: 'local/extractive',
  } as unknown as AnswerResponse;
}

describe('describeAnswer', () => {
  it('numbers each cited part by its document, in order of first mention', () => {
    const lines = describeAnswer(
      answer('One. Two. Three.', [
        citation(0, 4, 'a', 'A title'),
        citation(5, 9, 'b'),
        citation(10, 16, 'a', 'A title'),
      ]),
    );
    expect(lines).toEqual([
      'One. [1] Two. [2] Three. [1]',
      '  [1] A title, a',
      '  [2] b',
      '  (local/extractive)',
    ]);
  });

  it('is the text alone where nothing is cited', () => {
    expect(describeAnswer(answer('The documents do not answer this question.', []))).toEqual([
      'The documents do not answer this question.',
      '  (local/extractive)',
    ]);
  });
});
