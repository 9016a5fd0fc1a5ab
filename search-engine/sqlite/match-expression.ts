import type { LexicalField } from '../../domain/search.ts';
import { stopWords } from './stop-words.ts';

// Letters and digits as FTS5's unicode61 sees them. Marks stay with their word: where unicode61 cuts there, the quoted
// word becomes a phrase.
const wordPattern = /[\p{L}\p{N}\p{Co}][\p{L}\p{N}\p{M}\p{Co}]*/gu;

const columns: Readonly<Record<LexicalField, string>> = { title: 'heading', text: 'body' };

/**
 * The words of a query as an expression of FTS5: any of them matches. Stop words are left out unless there is nothing
 * else. Each word is quoted, so nothing of the query is read as syntax. Undefined where there is no word.
 */
export function matchExpression(text: string): string | undefined {
  const words = new Set(text.toLowerCase().match(wordPattern));
  const telling = [...words].filter((word) => !stopWords.has(word));
  const kept = telling.length > 0 ? telling : [...words];
  return kept.length === 0 ? undefined : kept.map((word) => `"${word}"`).join(' OR ');
}

/** Leaves the fields of weight 0 out of the search. */
export function withinFields(
  expression: string,
  fields: Readonly<Record<LexicalField, number>>,
): string | undefined {
  const searched = (['title', 'text'] as const).filter((field) => fields[field] > 0);
  if (searched.length === 2) return expression;
  if (searched.length === 0) return undefined;
  return `{${columns[searched[0]!]}} : (${expression})`;
}
