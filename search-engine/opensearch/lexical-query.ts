import type { LexicalField } from '../../domain/search.ts';
import type { Query } from './filter-query.ts';
import { stopWords } from './stop-words.ts';

/** Where OpenSearch counts 1,024 conditions of one query at most, those of filters included. */
const maxTerms = 500;

const wordPattern = /[\p{L}\p{N}\p{Co}][\p{L}\p{N}\p{M}\p{Co}'’]*/gu;
/** Characters that the tokenizer makes a term each. */
const singleTerms = /[\p{Script=Han}\p{Script=Hiragana}]/gu;

const fieldNames: Readonly<Record<LexicalField, string>> = { title: 'title', text: 'body' };

/**
 * The words of a query that are looked for, each once, at most 500 terms. Stop words are left out unless there is
 * nothing else. Undefined where there is no word.
 */
export function queryWords(text: string): string | undefined {
  const words = new Set(text.toLowerCase().match(wordPattern));
  const telling = [...words].filter((word) => !stopWords.has(word));
  const kept: string[] = [];
  let terms = 0;
  for (const word of telling.length > 0 ? telling : words) {
    const room = maxTerms - terms;
    if (room <= 0) break;
    const singles = word.match(singleTerms)?.length ?? 0;
    // A script without spaces can make one word of a whole query.
    kept.push(singles > room ? [...word].slice(0, room).join('') : word);
    terms += Math.max(1, singles);
  }
  return kept.length === 0 ? undefined : kept.join(' ');
}

/**
 * Any of the words, scored by BM25F: one BM25 over the fields as if they were one, each field's occurrences and length
 * multiplied by its weight (Robertson, Zaragoza, Taylor 2004). This is what FTS5's weighted bm25() does, so that both
 * engines rank alike.
 */
export function lexicalQuery(words: string, weights: Readonly<Record<LexicalField, number>>): Query {
  const searched = (['title', 'text'] as const).filter((field) => weights[field] > 0);
  const [first] = searched;
  if (first === undefined) return { match_none: {} };
  if (searched.length === 1 && weights[first] === 1) return { match: { [fieldNames[first]]: words } };
  // Weights below 1 are refused; only their proportion matters to the order of fields.
  const smallest = Math.min(1, ...searched.map((field) => weights[field]));
  const fields = searched.map((field) => `${fieldNames[field]}^${weights[field] / smallest}`);
  return { combined_fields: { query: words, fields } };
}
