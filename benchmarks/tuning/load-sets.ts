import { createHash } from 'node:crypto';
import { InvalidInput } from '../../domain/errors.ts';
import type { SearchRequest, SearchResponse } from '../../domain/search.ts';
import { readJudgementFile } from '../formats/judgement-formats.ts';
import {
  type BenchmarkSettings,
  benchmarkTenant,
  indexCorpus,
  indexSettings,
  listIndex,
} from '../relevance/benchmark-index.ts';
import { type LeftOut, leftOutOf } from '../relevance/left-out.ts';
import {
  type Dataset,
  type DatasetQuery,
  joinJudgements,
  readDataset,
  readQueryTexts,
} from '../relevance/read-dataset.ts';
import { hasSplit } from '../relevance/read-judgements.ts';
import { requireSearchable } from '../relevance/require-searchable.ts';
import type { OwnIndex } from '../relevance/run-relevance-benchmark.ts';
import { collectLegs } from './collect-legs.ts';
import { questionOf } from './folds.ts';
import type { Fields } from './search-space.ts';
import type { TuningSet } from './tune-on.ts';
import type { TunedBraid, TuneOptions } from './tune-options.ts';

/** A set with its index still open. */
export interface LoadedSet extends TuningSet {
  /** Training queries that stand among the test queries too, of this set or of another. */
  readonly leftOut: readonly string[];
  /** What the figures leave out or count as not found. */
  readonly unmeasured: LeftOut;
  /** Of the corpus, the judging queries and their judgements. */
  readonly hash: string;
  /** A real search. */
  search(request: SearchRequest): Promise<SearchResponse>;
  close(): Promise<void>;
}

type OpenBraid = (overrides: Partial<BenchmarkSettings>) => Promise<TunedBraid>;

/**
 * Opens each set's index and runs both legs for its queries, once for each weighting of the fields.
 * @throws {InvalidInput}
 */
export async function loadSets(
  options: TuneOptions,
  openBraid: OpenBraid,
  fields: readonly Fields[],
  depth: number,
): Promise<LoadedSet[]> {
  const { datasets = [], ownIndex } = options;
  if ((datasets.length === 0) === (ownIndex === undefined)) {
    throw new InvalidInput('dataset', 'Expected either datasets, or judgements for an index of your own');
  }
  const splits = await readAll(datasets);
  const loaded: LoadedSet[] = [];
  try {
    for (const split of splits) {
      loaded.push(await loadDataset(options, openBraid, split, fields, depth));
    }
    if (ownIndex !== undefined) loaded.push(await loadOwnIndex(options, openBraid, ownIndex, fields, depth));
    return loaded;
  } catch (error) {
    for (const set of loaded) await set.close();
    throw error;
  }
}

/** What a dataset's queries are for, known before anything is indexed. */
interface Split {
  readonly folder: string;
  readonly test: Dataset;
  /** Of the split `train`. */
  readonly train: Dataset | undefined;
  readonly training: readonly DatasetQuery[] | undefined;
  readonly leftOut: readonly string[];
  readonly hash: string;
}

async function readAll(folders: readonly string[]): Promise<Split[]> {
  const splits: Split[] = [];
  for (const folder of folders) {
    const split = await readSplit(folder);
    // Differences that count twice look more certain than they are.
    const twin = splits.find(({ hash }) => hash === split.hash);
    if (twin !== undefined) {
      throw new InvalidInput(
        'dataset',
        `Expected each dataset once, got ${twin.test.name} and ${split.test.name} with the same corpus, queries and judgements`,
      );
    }
    splits.push(split);
  }
  return splits.map((split) => apartFrom(splits, split));
}

async function readSplit(folder: string): Promise<Split> {
  const test = await readDataset(folder);
  const train = (await hasSplit(folder, 'train')) ? await readDataset(folder, 'train') : undefined;
  requireSearchable([...test.queries, ...(train?.queries ?? [])]);
  const hash = hashOf(test.corpusHash, test.queries);
  return { folder, test, train, training: train?.queries, leftOut: [], hash };
}

/**
 * Leaves out of training what stands among held-out queries: a choice that saw a query under another id, in another split
 * or in another set, would be judged by what it was made on.
 */
function apartFrom(splits: readonly Split[], split: Split): Split {
  const heldOut = splits.flatMap(({ train, test }) => (train === undefined ? [] : test.queries));
  const questions = new Set(heldOut.map(({ text }) => questionOf(text)));
  // Ids are a set's own.
  const ids = new Set(split.train === undefined ? [] : split.test.queries.map(({ queryId }) => queryId));
  const isHeldOut = ({ queryId, text }: DatasetQuery) => ids.has(queryId) || questions.has(questionOf(text));
  const used = split.training ?? split.test.queries;
  const kept = used.filter((query) => !isHeldOut(query));
  if (kept.length === 0) {
    throw new InvalidInput(
      'dataset',
      `Expected a training query of ${split.folder} that is not a test query too, got none; without qrels/train.tsv the test queries are judged out of fold`,
    );
  }
  const leftOut = used.filter(isHeldOut).map(({ queryId }) => queryId);
  return split.training === undefined
    ? { ...split, test: { ...split.test, queries: kept }, leftOut }
    : { ...split, training: kept, leftOut };
}

async function loadDataset(
  options: TuneOptions,
  openBraid: OpenBraid,
  { test, train, training: trainingQueries, leftOut, hash }: Split,
  fields: readonly Fields[],
  depth: number,
): Promise<LoadedSet> {
  const braid = await openBraid(indexSettings(options, test));
  return closingOnError(braid, async () => {
    const say = (what: string) => (done: number) => options.onProgress?.(`${test.name}: ${what} ${done}`);
    const ingest = await indexCorpus(braid, test, say('indexing'));
    const scope = braid.scopes.reader(benchmarkTenant);
    const ports = { engine: braid.engine, model: braid.embeddingModel };
    const collect = (queries: typeof test.queries, what: string) =>
      collectLegs(ports, scope, queries, fields, depth, say(what));
    const judging = await collect(
      test.queries,
      trainingQueries === undefined ? 'legs of query' : 'legs of held-out query',
    );
    const training =
      trainingQueries === undefined ? judging : await collect(trainingQueries, 'legs of training query');
    return {
      name: test.name,
      training,
      leftOut,
      unmeasured: leftOutOf(train === undefined ? [test] : [test, train], ingest),
      ...(trainingQueries !== undefined && { heldOut: judging }),
      hash,
      search: (request) => braid.pipeline.search(scope, request),
      close: () => braid.close(),
    };
  });
}

async function loadOwnIndex(
  options: TuneOptions,
  openBraid: OpenBraid,
  own: OwnIndex,
  fields: readonly Fields[],
  depth: number,
): Promise<LoadedSet> {
  const { judgements } = await readJudgementFile(own.judgements);
  const texts =
    own.queries === undefined
      ? new Map([...judgements.keys()].map((text) => [text, text]))
      : await readQueryTexts(own.queries);
  const braid = await openBraid({ search: {} });
  return closingOnError(braid, async () => {
    const { ids, hash } = await listIndex(braid, own.tenantId);
    const joined = joinJudgements(texts, judgements, (documentId) => ids.has(documentId));
    const { queries } = joined;
    if (queries.length === 0) {
      throw new InvalidInput(
        'judgements',
        `Expected a query of ${own.judgements} to have a relevant document`,
      );
    }
    requireSearchable(queries);
    const scope = braid.scopes.operator(own.tenantId);
    const ports = { engine: braid.engine, model: braid.embeddingModel };
    const training = await collectLegs(ports, scope, queries, fields, depth, (done) =>
      options.onProgress?.(`legs of query ${done}`),
    );
    return {
      name: own.tenantId,
      training,
      leftOut: [],
      unmeasured: leftOutOf([joined]),
      hash: hashOf(hash, queries),
      search: (request) => braid.pipeline.search(scope, request),
      close: () => braid.close(),
    };
  });
}

async function closingOnError<T>(braid: TunedBraid, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    await braid.close();
    throw error;
  }
}

function hashOf(corpusHash: string, queries: readonly DatasetQuery[]): string {
  const judged = queries.map(({ queryId, text, grades }) => [queryId, text, [...grades]]);
  return createHash('sha256')
    .update(JSON.stringify([corpusHash, judged]))
    .digest('hex')
    .slice(0, 16);
}
