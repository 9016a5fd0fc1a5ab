import { InvalidInput } from '../../domain/errors.ts';
import {
  gatherJudgements,
  isObject,
  type Judgement,
  type Judgements,
  numberOf,
  parseJson,
} from './judgements.ts';

/**
 * Parses judgements of OpenSearch's Search Relevance Workbench: the body of `PUT _plugins/_search_relevance/judgments`,
 * `{ "judgmentRatings": [{ "query", "ratings": [{ "docId", "rating": "3.000" }] }] }`, or a stored judgement as
 * `GET` returns it, whole or its `_source`. The query's text is its id.
 * @throws {InvalidInput} naming what is malformed
 */
export function parseWorkbenchJudgements(text: string, file: string): Judgements {
  const ratings = [...readRatings(parseJson(text, file), file)];
  return gatherJudgements(
    ratings.flatMap(({ judgement }) => judgement ?? []),
    ratings.map(({ query }) => query),
  );
}

/** Writes the body that imports the judgements; each query's id stands as its text. */
export function formatWorkbenchJudgements(judgements: Judgements, name = 'Judgements of Braid'): string {
  const body = {
    name,
    description: '',
    type: 'IMPORT_JUDGMENT',
    judgmentRatings: [...judgements].map(([query, grades]) => ({
      query,
      ratings: [...grades].map(([docId, grade]) => ({ docId, rating: String(grade) })),
    })),
  };
  return `${JSON.stringify(body, null, 2)}\n`;
}

/**
 * Parses a query set of the workbench, `{ "querySetQueries": [{ "queryText" }] }`, into texts in order.
 * @throws {InvalidInput} naming what is malformed, or a text that comes twice
 */
export function parseWorkbenchQueries(text: string, file: string): string[] {
  const given = sourceOf(parseJson(text, file));
  const queries = isObject(given) ? given.querySetQueries : undefined;
  if (!Array.isArray(queries)) throw malformed(file, '"querySetQueries" to be a list');
  const texts = queries.map((query, at) => {
    const queryText = isObject(query) ? query.queryText : undefined;
    if (typeof queryText !== 'string' || queryText === '')
      throw malformed(file, `querySetQueries[${at}].queryText to be a text`);
    return queryText;
  });
  const repeat = texts.find((queryText, at) => texts.indexOf(queryText) !== at);
  if (repeat !== undefined) throw malformed(file, `each query once, "${repeat}" comes again`);
  return texts;
}

/** Writes the body that makes the query set. */
export function formatWorkbenchQueries(texts: readonly string[], name = 'Queries of Braid'): string {
  const body = {
    name,
    description: '',
    sampling: 'manual',
    querySetQueries: texts.map((queryText) => ({ queryText })),
  };
  return `${JSON.stringify(body, null, 2)}\n`;
}

interface Rating {
  readonly query: string;
  /** Absent where the query is named and nothing is judged. */
  readonly judgement?: Judgement;
}

function* readRatings(given: unknown, file: string): Generator<Rating> {
  const held = sourceOf(given);
  const queries = isObject(held) ? held.judgmentRatings : undefined;
  if (!Array.isArray(queries)) throw malformed(file, '"judgmentRatings" to be a list');
  for (const [at, entry] of queries.entries()) {
    const place = `judgmentRatings[${at}]`;
    if (!isObject(entry) || typeof entry.query !== 'string' || entry.query === '')
      throw malformed(file, `${place}.query to be a text`);
    const { query } = entry;
    yield { query };
    if (!Array.isArray(entry.ratings)) throw malformed(file, `${place}.ratings to be a list`);
    for (const [index, rating] of entry.ratings.entries()) {
      const where = `${place}.ratings[${index}]`;
      if (!isObject(rating) || typeof rating.docId !== 'string' || rating.docId === '')
        throw malformed(file, `${where}.docId to be a text`);
      const grade = typeof rating.rating === 'string' ? numberOf(rating.rating) : rating.rating;
      if (typeof grade !== 'number' || !Number.isFinite(grade))
        throw malformed(file, `${where}.rating to be a number`);
      yield {
        query,
        judgement: { queryId: query, documentId: rating.docId, grade, place: `${file} ${where}` },
      };
    }
  }
}

/** What is stored comes wrapped as a search's reply or as one hit of it. */
function sourceOf(given: unknown): unknown {
  if (!isObject(given)) return given;
  if (isObject(given._source)) return given._source;
  const outer = given.hits;
  const hits = isObject(outer) ? outer.hits : undefined;
  return Array.isArray(hits) && hits.length === 1 ? sourceOf(hits[0]) : given;
}

function malformed(file: string, wanted: string): InvalidInput {
  return new InvalidInput('judgements', `Cannot read ${file}: expected ${wanted}`);
}
