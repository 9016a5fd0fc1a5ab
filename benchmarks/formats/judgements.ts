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
 * @param queries those that a file names, also where nothing is judged for them
 * @throws {InvalidInput} naming the place that judges a pair a second time, or whose grade is no finite number
 */
export function gatherJudgements(given: Iterable<Judgement>, queries: Iterable<string> = []): Judgements {
  const judgements = new Map<string, Map<string, number>>();
  for (const queryId of queries) judgements.set(queryId, new Map());
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

/** A number as a format writes it; NaN for what is no plain decimal number: `Number` makes 0 of white space. */
export function numberOf(text: string): number {
  return /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text.trim()) ? Number(text) : Number.NaN;
}

/**
 * Reads JSON for a format.
 * @throws {InvalidInput} naming the file, and a name that comes twice: of two, JSON keeps the last
 */
export function parseJson(text: string, file: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new InvalidInput('judgements', `Expected ${file} to be JSON: ${(error as Error).message}`, {
      cause: error,
    });
  }
  const repeated = repeatedName(text);
  if (repeated !== undefined) {
    throw new InvalidInput(
      'judgements',
      `Expected each name of an object of ${file} once, ${JSON.stringify(repeated)} comes again`,
    );
  }
  return value;
}

/** The first name that an object of well-formed JSON has twice. */
function repeatedName(text: string): string | undefined {
  const objects: Set<string>[] = [];
  for (const [part, string, colon] of text.matchAll(/("(?:[^"\\]|\\.)*")(\s*:)?|[{}]/gs)) {
    if (part === '{') objects.push(new Set());
    else if (part === '}') objects.pop();
    else if (colon !== undefined) {
      const name: string = JSON.parse(string!);
      const names = objects.at(-1)!;
      if (names.has(name)) return name;
      names.add(name);
    }
  }
  return undefined;
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
