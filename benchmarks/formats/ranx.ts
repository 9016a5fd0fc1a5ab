import { InvalidInput } from '../../domain/errors.ts';
import { gatherJudgements, isObject, type Judgement, type Judgements, parseJson } from './judgements.ts';
import { gatherRun, type Run, type ScoredDocument } from './run.ts';

/**
 * Parses ranx's judgements (`Qrels.save("qrels.json")`): `{ query: { document: grade } }`.
 * @throws {InvalidInput} naming what is malformed
 */
export function parseRanxQrels(text: string, file: string): Judgements {
  const given = readQueries(text, file);
  return gatherJudgements(
    readPairs(given, file).map(
      ({ queryId, documentId, value, place }): Judgement => ({ queryId, documentId, grade: value, place }),
    ),
    Object.keys(given),
  );
}

export function formatRanxQrels(judgements: Judgements): string {
  return formatPairs([...judgements].map(([queryId, grades]) => [queryId, [...grades]]));
}

/**
 * Parses a run of ranx (`Run.save("run.json")`): `{ query: { document: score } }`.
 * @throws {InvalidInput} naming what is malformed
 */
export function parseRanxRun(text: string, file: string): Run {
  return gatherRun(
    readPairs(readQueries(text, file), file).map(
      ({ queryId, documentId, value, place }): ScoredDocument => ({
        queryId,
        documentId,
        score: value,
        place,
      }),
    ),
    file,
  );
}

export function formatRanxRun(run: Run): string {
  return formatPairs(
    [...run].map(([queryId, ranking]) => [
      queryId,
      ranking.map(({ documentId, score }) => [documentId, score] as const),
    ]),
  );
}

interface Pair {
  readonly queryId: string;
  readonly documentId: string;
  readonly value: number;
  readonly place: string;
}

function readQueries(text: string, file: string): Readonly<Record<string, unknown>> {
  const given = parseJson(text, file);
  if (isObject(given)) return given;
  throw new InvalidInput('judgements', `Expected ${file} to be an object of queries`);
}

function readPairs(given: Readonly<Record<string, unknown>>, file: string): Pair[] {
  return Object.entries(given).flatMap(([queryId, documents]) => {
    if (!isObject(documents)) {
      throw new InvalidInput('judgements', `Expected "${queryId}" of ${file} to be an object of documents`);
    }
    return Object.entries(documents).map(([documentId, value]) => {
      const place = `${file} "${queryId}" "${documentId}"`;
      if (typeof value !== 'number') {
        throw new InvalidInput(
          'judgements',
          `Expected ${place} to be a number, got ${JSON.stringify(value)}`,
        );
      }
      return { queryId, documentId, value, place };
    });
  });
}

/** Written by hand: an object would put ids that look like numbers first, and lose one named `__proto__`. */
function formatPairs(
  queries: readonly (readonly [string, readonly (readonly [string, number])[]])[],
): string {
  const lines = queries.map(([queryId, documents]) => {
    const pairs = documents.map(([documentId, value]) => `${JSON.stringify(documentId)}: ${value}`);
    return `${JSON.stringify(queryId)}: {${pairs.join(', ')}}`;
  });
  return `{\n${lines.join(',\n')}\n}\n`;
}
