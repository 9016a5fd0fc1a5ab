import { createHash } from 'node:crypto';
import { basename, join, resolve } from 'node:path';
import { InvalidInput } from '../../domain/errors.ts';
import { eachJudgement, type Judgements } from '../formats/judgements.ts';
import { idOf, type JsonLine, readJsonLines, textOf } from './read-json-lines.ts';
import { findSplit, readJudgements } from './read-judgements.ts';

/** A dataset in BEIR form, all but its texts, which stay in `corpusFile`. */
export interface Dataset {
  /** The folder's name. */
  readonly name: string;
  readonly corpusFile: string;
  /** SHA-256, hex, of ids, titles and texts in the order of the file. */
  readonly corpusHash: string;
  readonly documents: number;
  /** Those with at least one relevant document, in the order of the file. */
  readonly queries: readonly DatasetQuery[];
  /** Ids of queries that were left out: no document is judged relevant for them. */
  readonly queriesWithoutJudgements: readonly string[];
  /** Ids of judged queries that `queries.jsonl` does not have; left out too. */
  readonly judgedQueriesWithoutText: readonly string[];
  /** Ids of documents that are judged for a measured query and stand nowhere in the corpus; they count as not found. */
  readonly judgedDocumentsOutsideCorpus: readonly string[];
  /** Judgements below 0, as `query/document`; they count as not relevant. */
  readonly negativeGrades: readonly string[];
}

export interface DatasetQuery {
  readonly queryId: string;
  readonly text: string;
  readonly grades: ReadonlyMap<string, number>;
}

/**
 * Reads `corpus.jsonl`, `queries.jsonl` and the judgements of a dataset folder, and checks that they fit each other.
 * @param split names other queries and judgements than the test's, `train` for one
 * @throws {InvalidInput} for malformed lines, for ids that come twice, and where nothing can be measured
 */
export async function readDataset(folder: string, split?: string): Promise<Dataset> {
  const corpusFile = join(folder, 'corpus.jsonl');
  const files = await findSplit(folder, split);
  const judgements = await readJudgements(files.judgements);
  const { ids, corpusHash } = await readCorpusIds(corpusFile);
  const texts = await readQueryTexts(files.queries);
  const joined = joinJudgements(texts, judgements, (documentId) => ids.has(documentId));
  if (joined.queries.length === 0) {
    throw new InvalidInput('dataset', `Expected a query of ${folder} to have a relevant document, got none`);
  }
  return { name: basename(resolve(folder)), corpusFile, corpusHash, documents: ids.size, ...joined };
}

/** SHA-256, hex, of queries, their texts and judgements, in whatever order they stand. */
export function hashJudged(queries: readonly DatasetQuery[]): string {
  const judged = queries.map(({ queryId, text, grades }) =>
    JSON.stringify([queryId, text, [...grades].sort()]),
  );
  return createHash('sha256').update(judged.sort().join('\n')).digest('hex');
}

/** Joins queries with their judgements; what does not fit is named. */
export function joinJudgements(
  texts: ReadonlyMap<string, string>,
  judgements: Judgements,
  isInCorpus: (documentId: string) => boolean,
): Omit<Dataset, 'name' | 'corpusFile' | 'corpusHash' | 'documents'> {
  const queries: DatasetQuery[] = [];
  const queriesWithoutJudgements: string[] = [];
  const outside = new Set<string>();
  for (const [queryId, text] of texts) {
    const grades = judgements.get(queryId);
    if (grades === undefined || ![...grades.values()].some((grade) => grade > 0)) {
      queriesWithoutJudgements.push(queryId);
      continue;
    }
    for (const documentId of grades.keys()) if (!isInCorpus(documentId)) outside.add(documentId);
    queries.push({ queryId, text, grades });
  }
  return {
    queries,
    queriesWithoutJudgements,
    judgedQueriesWithoutText: [...judgements.keys()].filter((queryId) => !texts.has(queryId)),
    judgedDocumentsOutsideCorpus: [...outside],
    negativeGrades: [...eachJudgement(judgements)]
      .filter(({ grade }) => grade < 0)
      .map(({ queryId, documentId }) => `${queryId}/${documentId}`),
  };
}

async function readCorpusIds(
  file: string,
): Promise<{ readonly ids: ReadonlySet<string>; readonly corpusHash: string }> {
  const ids = new Set<string>();
  const hash = createHash('sha256');
  for await (const line of readJsonLines(file)) {
    const documentId = idOf(line);
    refuseRepeat(ids.has(documentId), documentId, line);
    ids.add(documentId);
    hash.update(JSON.stringify([documentId, textOf(line, 'title'), textOf(line, 'text')]));
  }
  return { ids, corpusHash: hash.digest('hex') };
}

export async function readQueryTexts(file: string): Promise<ReadonlyMap<string, string>> {
  const texts = new Map<string, string>();
  for await (const line of readJsonLines(file)) {
    const queryId = idOf(line);
    refuseRepeat(texts.has(queryId), queryId, line);
    texts.set(queryId, textOf(line, 'text'));
  }
  return texts;
}

function refuseRepeat(isRepeat: boolean, id: string, line: JsonLine): void {
  if (isRepeat)
    throw new InvalidInput('dataset', `Expected ids to come once, ${line.place} has "${id}" again`);
}
