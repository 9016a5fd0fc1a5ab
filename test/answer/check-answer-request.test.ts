import { describe, expect, it } from 'vitest';
import { checkAnswerRequest } from '../../answer/check-answer-request.ts';
import { InvalidInput } from '../../domain/errors.ts';

describe('checkAnswerRequest', () => {
  it('fills in how many passages an answer rests on, and keeps the rest', () => {
    const request = { question: 'q', search: { highlight: true }, sessionId: 'new', model: 'm' };
    expect(checkAnswerRequest(request)).toEqual({ ...request, passages: 5 });
    expect(checkAnswerRequest({ question: 'q'.repeat(4_000), passages: 50 })).toMatchObject({ passages: 50 });
  });

  it.each([
    [{ question: 'q', topK: 3 }, 'topK', 'Unknown field topK'],
    [{}, 'question', '1 to 4000 characters'],
    [{ question: ' \n' }, 'question', '1 to 4000 characters'],
    [{ question: 'q'.repeat(4_001) }, 'question', '1 to 4000 characters'],
    [{ question: 'q', search: null }, 'search', 'to be an object'],
    [{ question: 'q', search: { query: 'other' } }, 'search.query', 'Expected no search.query'],
    [{ question: 'q', search: { topK: 3 } }, 'search.topK', 'Expected no search.topK'],
    [{ question: 'q', search: { facets: [] } }, 'search.facets', 'Expected no search.facets'],
    [{ question: 'q', passages: 0 }, 'passages', '1 to 50, got 0'],
    [{ question: 'q', passages: 51 }, 'passages', '1 to 50, got 51'],
    [{ question: 'q', passages: 1.5 }, 'passages', '1 to 50, got 1.5'],
    [{ question: 'q', sessionId: 'a/b' }, 'sessionId', 'the id of a session'],
  ])('refuses %j', (request, field, message) => {
    const check = () => checkAnswerRequest(request as Parameters<typeof checkAnswerRequest>[0]);
    expect(check).toThrow(InvalidInput);
    expect(check).toThrow(expect.objectContaining({ field, message: expect.stringContaining(message) }));
  });
});
