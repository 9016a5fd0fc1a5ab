import type { AnswerRequest } from '../domain/answer.ts';
import { InvalidInput } from '../domain/errors.ts';

/** With what was left out filled in. */
export type CheckedAnswerRequest = AnswerRequest & { readonly passages: number };

const fields: readonly string[] = ['question', 'search', 'passages', 'model', 'sessionId'];
/** Fields of a search that an answer's question and passages set. */
const setByAnswer = ['query', 'topK', 'cursor', 'facets'];
const mostPassages = 50;
const mostQuestionCharacters = 4_000;

/**
 * Checks everything of a request for an answer but its search, which `resolveSearchRequest` does.
 * @throws {InvalidInput} naming the field and the wanted form
 */
export function checkAnswerRequest(request: AnswerRequest): CheckedAnswerRequest {
  const unknown = Object.keys(request).find((key) => !fields.includes(key));
  if (unknown !== undefined) {
    throw new InvalidInput(unknown, `Unknown field ${unknown}, expected one of ${fields.join(', ')}`);
  }
  const { question, passages = 5, search = {}, sessionId } = request;
  if (typeof search !== 'object' || search === null) {
    throw new InvalidInput('search', 'Expected search to be an object');
  }
  const own = setByAnswer.find((key) => key in search);
  if (own !== undefined) {
    throw new InvalidInput(
      `search.${own}`,
      `Expected no search.${own}: an answer sets it by its question and passages`,
    );
  }
  if (typeof question !== 'string' || question.trim() === '' || question.length > mostQuestionCharacters) {
    throw new InvalidInput(
      'question',
      `Expected question to be a text of 1 to ${mostQuestionCharacters} characters`,
    );
  }
  if (!Number.isSafeInteger(passages) || passages < 1 || passages > mostPassages) {
    throw new InvalidInput(
      'passages',
      `Expected passages to be a whole number from 1 to ${mostPassages}, got ${passages}`,
    );
  }
  if (sessionId !== undefined && (typeof sessionId !== 'string' || !/^[\w-]{1,64}$/.test(sessionId))) {
    throw new InvalidInput('sessionId', 'Expected sessionId to be "new" or the id of a session');
  }
  return { ...request, passages };
}
