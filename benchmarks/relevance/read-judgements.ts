import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InvalidInput } from '../../domain/errors.ts';

/** Grades by query id and document id. */
export type Judgements = ReadonlyMap<string, ReadonlyMap<string, number>>;

/**
 * Reads a BEIR judgement file: `query-id`, `corpus-id` and a whole-number `score`, tab-separated, with or without the
 * header line.
 * @throws {InvalidInput} naming the line that is malformed, or that judges a pair a second time
 */
export async function readJudgements(file: string): Promise<Judgements> {
  const judgements = new Map<string, Map<string, number>>();
  const lines = (await readFile(file, 'utf8')).split(/\r?\n/);
  lines.forEach((line, at) => {
    if (line.trim() === '' || (at === 0 && line.startsWith('query-id'))) return;
    const place = `${file}:${at + 1}`;
    const [queryId, documentId, score, ...rest] = line.split('\t');
    if (!queryId || !documentId || score === undefined || rest.length > 0 || !/^-?\d+$/.test(score)) {
      throw new InvalidInput(
        'dataset',
        `Expected ${place} to be query id, document id and a whole number, tab-separated, got ${JSON.stringify(line.slice(0, 100))}`,
      );
    }
    const grades = judgements.get(queryId) ?? new Map<string, number>();
    if (grades.has(documentId)) {
      throw new InvalidInput(
        'dataset',
        `Expected one judgement a pair, ${place} judges document "${documentId}" for query "${queryId}" again`,
      );
    }
    grades.set(documentId, Number(score));
    judgements.set(queryId, grades);
  });
  return judgements;
}

/**
 * Finds the judgements of a dataset folder: `qrels.tsv`, else `qrels/test.tsv`, else the only file of `qrels/`.
 * @throws {InvalidInput} when there is none, or more than one without a test split
 */
export async function findJudgements(folder: string): Promise<string> {
  const names = await readdir(folder).catch((error: unknown) => {
    throw new InvalidInput('dataset', `Cannot read dataset folder ${folder}: ${(error as Error).message}`, {
      cause: error,
    });
  });
  if (names.includes('qrels.tsv')) return join(folder, 'qrels.tsv');
  const splits = names.includes('qrels')
    ? (await readdir(join(folder, 'qrels'))).filter((name) => name.endsWith('.tsv'))
    : [];
  const chosen = splits.includes('test.tsv') ? 'test.tsv' : splits.length === 1 ? splits[0] : undefined;
  if (chosen !== undefined) return join(folder, 'qrels', chosen);
  throw new InvalidInput(
    'dataset',
    `Expected ${folder} to have qrels.tsv or qrels/test.tsv, got ${splits.length === 0 ? 'none' : splits.map((name) => `qrels/${name}`).join(', ')}`,
  );
}
