import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { InvalidInput } from '../../domain/errors.ts';
import { parseBeirQrels } from '../formats/beir-qrels.ts';
import { readText } from '../formats/judgement-formats.ts';
import type { Judgements } from '../formats/judgements.ts';

/**
 * Reads a BEIR judgement file.
 * @throws {InvalidInput} naming the line that is malformed, or that judges a pair a second time
 */
export async function readJudgements(file: string): Promise<Judgements> {
  return parseBeirQrels(await readText(file), file);
}

/** Files of one split of a dataset folder. */
export interface SplitFiles {
  readonly queries: string;
  readonly judgements: string;
}

/**
 * Finds queries and judgements of a dataset folder.
 *
 * Without a split: `queries.jsonl` with `qrels.tsv`, else `qrels/test.tsv`, else the only file of `qrels/`. A split named
 * `train` has its judgements in `qrels/train.tsv` or `qrels.train.tsv`, its queries in `queries.train.jsonl`, else
 * `queries.jsonl`.
 * @throws {InvalidInput} when there is none, or more than one without a test split
 */
export async function findSplit(folder: string, split?: string): Promise<SplitFiles> {
  const names = await listFolder(folder);
  const splits = names.includes('qrels') ? await listFolder(join(folder, 'qrels')) : [];
  if (split !== undefined) {
    const judgements = [`qrels.${split}.tsv`, `qrels/${split}.tsv`].find((name) =>
      name.startsWith('qrels/') ? splits.includes(`${split}.tsv`) : names.includes(name),
    );
    if (judgements === undefined) {
      throw new InvalidInput(
        'split',
        `Expected ${folder} to have qrels.${split}.tsv or qrels/${split}.tsv, got neither`,
      );
    }
    const own = `queries.${split}.jsonl`;
    return {
      queries: join(folder, names.includes(own) ? own : 'queries.jsonl'),
      judgements: join(folder, judgements),
    };
  }
  const queries = join(folder, 'queries.jsonl');
  if (names.includes('qrels.tsv')) return { queries, judgements: join(folder, 'qrels.tsv') };
  const found = splits.filter((name) => name.endsWith('.tsv'));
  const chosen = found.includes('test.tsv') ? 'test.tsv' : found.length === 1 ? found[0] : undefined;
  if (chosen !== undefined) return { queries, judgements: join(folder, 'qrels', chosen) };
  throw new InvalidInput(
    'dataset',
    `Expected ${folder} to have qrels.tsv or qrels/test.tsv, got ${found.length === 0 ? 'none' : found.map((name) => `qrels/${name}`).join(', ')}`,
  );
}

/** Tells whether a dataset folder has judgements of a split. */
export async function hasSplit(folder: string, split: string): Promise<boolean> {
  const names = await listFolder(folder);
  return (
    names.includes(`qrels.${split}.tsv`) ||
    (names.includes('qrels') && (await listFolder(join(folder, 'qrels'))).includes(`${split}.tsv`))
  );
}

async function listFolder(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: unknown) => {
    throw new InvalidInput('dataset', `Cannot read dataset folder ${folder}: ${(error as Error).message}`, {
      cause: error,
    });
  });
}
