import { InvalidInput } from '../../domain/errors.ts';

/** Grades by query id and document id; 0 and below is not relevant. */
export type Judgements = ReadonlyMap<string, ReadonlyMap<string, number>>;

/** One grade of a document for a query, and where it stands, for messages. */
export interface Judgement {
  readonly queryId: string;
  readonly documentId: string;
  readonly grade: number;
  /** `qrels.tsv:12` */
  readonly place: string;
}

/**
 * Gathers judgements in their order.
 * @throws {InvalidInput} naming the place that judges a pair a second time, or whose grade is no finite number
 */
export function gatherJudgements(given: Iterable<Judgement>): Judgements {
  const judgements = new Map<string, Map<string, number>>();
  for (const { queryId, documentId, grade, place } of given) {
    if (!Number.isFinite(grade)) {
      throw new InvalidInput(
        'judgements',
        `Expected the grade of ${place} to be a finite number, got ${grade}`,
      );
    }
    const grades = judgements.get(queryId) ?? new Map<string, number>();
    if (grades.has(documentId)) {
      throw new InvalidInput(
        'judgements',
        `Expected one judgement a pair, ${place} judges document "${documentId}" for query "${queryId}" again`,
      );
    }
    grades.set(documentId, grade);
    judgements.set(queryId, grades);
  }
  return judgements;
}

/** Each judgement, in order. */
export function* eachJudgement(
  judgements: Judgements,
): Generator<{ readonly queryId: string; readonly documentId: string; readonly grade: number }> {
  for (const [queryId, grades] of judgements) {
    for (const [documentId, grade] of grades) yield { queryId, documentId, grade };
  }
}

/** @throws {InvalidInput} where a value holds what would end its column */
export function requireColumn(value: string, forbidden: RegExp, format: string): string {
  if (value === '' || forbidden.test(value)) {
    throw new InvalidInput(
      'judgements',
      `Cannot write ${format}: it cannot hold the id ${JSON.stringify(value)}`,
    );
  }
  return value;
}

/** @throws {InvalidInput} for a grade that is no whole number, which these formats cannot hold */
export function requireWhole(grade: number, format: string): string {
  if (!Number.isSafeInteger(grade)) {
    throw new InvalidInput('judgements', `Cannot write ${format}: it holds whole grades, got ${grade}`);
  }
  return String(grade);
}

/**
 * Reads JSON for a format.
 * @throws {InvalidInput} naming the file
 */
export function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InvalidInput('judgements', `Expected ${file} to be JSON: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
