import { join } from 'node:path';
import type { Chunk } from '../../domain/chunk.ts';
import type { EmbeddingModel } from '../../models/embedding-model.ts';
import type { Source } from '../../sources/source.ts';
import { deepen } from '../relevance/configurations.ts';
import { createCorpusSource } from '../relevance/corpus-source.ts';
import { type Dataset, readDataset } from '../relevance/read-dataset.ts';
import { runConfiguration } from '../relevance/run-configuration.ts';
import { bootstrapInterval, type Interval } from '../statistics/bootstrap-interval.ts';
import { mean } from '../statistics/mean.ts';
import { baseline, type ChunkingConfiguration, chooseConfigurations } from './chunking-configurations.ts';
import { sampleSource } from './corpus-sample.ts';
import { type IndexAccount, type OpenBraid, onIndex } from './index-chunks.ts';
import {
  measureQuestions,
  type QuestionMetric,
  type QuestionValues,
  questionMetrics,
  retrievals,
} from './measure-questions.ts';
import { type QuestionSet, readQuestions } from './read-questions.ts';
import { type CachingModel, createCachingModel } from './vector-cache.ts';

export interface ChunkingBenchmarkOptions {
  /** Folder of texts with marked answers: `corpora/*.md`, `queries.jsonl`. */
  readonly dataset: string;
  /** Folders in BEIR form, for relevance by document. */
  readonly documents: readonly string[];
  /** Takes of each such corpus the judged documents and so many others. @default all */
  readonly sample?: number;
  /** Names of configurations. @default all */
  readonly only: readonly string[];
  /** Folder under which the benchmark keeps vectors and its index. */
  readonly data: string;
  readonly onProgress: (state: string) => void;
}

/** A mean over questions with its 95 % interval. */
export interface Estimate {
  readonly mean: number;
  readonly interval: Interval;
}

/** An estimate, and by how much it differs from the baseline's, question by question. */
export interface Compared extends Estimate {
  readonly difference: Estimate;
}

export interface ChunkingReport {
  readonly dataset: string;
  readonly model: string;
  readonly baseline: string;
  readonly questions: number;
  readonly documentSets: readonly {
    readonly name: string;
    readonly documents: number;
    readonly queries: number;
  }[];
  readonly configurations: readonly ConfigurationReport[];
}

export interface ConfigurationReport {
  readonly name: string;
  readonly index: IndexAccount;
  /** By which legs found the chunks. */
  readonly questions: Readonly<Record<keyof typeof retrievals, Readonly<Record<QuestionMetric, Compared>>>>;
  /** nDCG@10 by set, of hybrid searches. */
  readonly documents: readonly {
    readonly name: string;
    readonly index: IndexAccount;
    readonly 'ndcg@10': Compared;
  }[];
}

/** A dataset of documents and the part of its corpus that is measured. */
interface DocumentSet {
  readonly dataset: Dataset;
  readonly source: Source;
}

/** What one configuration gave, one value a question. */
interface Measured {
  readonly name: string;
  readonly index: IndexAccount;
  readonly questions: Record<keyof typeof retrievals, QuestionValues>;
  readonly documents: {
    readonly name: string;
    readonly index: IndexAccount;
    readonly ndcg: readonly number[];
  }[];
}

/**
 * Measures ways of cutting: how much of what answers a question comes back, and how little else; and how well documents
 * are ranked. Equal texts are embedded once, also across runs.
 * @throws {InvalidInput} for a malformed dataset or an unknown configuration
 */
export async function runChunkingBenchmark(
  options: ChunkingBenchmarkOptions,
  model: EmbeddingModel,
  openBraid: OpenBraid,
): Promise<ChunkingReport> {
  const configurations = chooseConfigurations(options.only);
  const set = await readQuestions(options.dataset);
  const documentSets = await Promise.all(
    options.documents.map((folder) => readDocumentSet(folder, options.sample)),
  );
  const folder = join(options.data, 'benchmarks', 'chunking');
  const caching = await createCachingModel(model, join(folder, `${fileNameOf(model.id)}.vectors`));
  const measured: Measured[] = [];
  for (const configuration of configurations) {
    const run = { configuration, folder: join(folder, 'index'), openBraid, caching };
    const say = (state: string) => options.onProgress(`${configuration.name}: ${state}`);
    const { measured: questions, account } = await measureSet(run, set, say);
    const documents: Measured['documents'] = [];
    for (const documentSet of documentSets) documents.push(await measureDocuments(run, documentSet, say));
    measured.push({ name: configuration.name, index: account, questions, documents });
  }
  return {
    dataset: set.name,
    model: model.id,
    baseline,
    questions: set.questions.length,
    documentSets: documentSets.map(({ dataset }, at) => ({
      name: dataset.name,
      documents: measured[0]!.documents[at]!.index.documents,
      queries: dataset.queries.length,
    })),
    configurations: measured.map((one) => compare(one, measured[0]!)),
  };
}

const metric = 'ndcg@10';

interface Run {
  readonly configuration: ChunkingConfiguration;
  readonly folder: string;
  readonly openBraid: OpenBraid;
  readonly caching: CachingModel;
}

function measureSet(run: Run, set: QuestionSet, say: (state: string) => void) {
  const { configuration, folder, openBraid, caching } = run;
  const source: Source = {
    async *items() {
      for (const { textId, content } of set.texts) {
        const document = { documentId: textId, source: 'benchmark', mediaType: 'text/plain', content };
        yield { name: textId, load: async () => document };
      }
    },
  };
  const { expand } = configuration;
  const indexed = ({ done }: { done: number }) => say(`${done} of ${set.texts.length} texts`);
  return onIndex(configuration, source, folder, openBraid, caching, indexed, async (braid, reader, owner) => {
    const chunks = new Map<string, Chunk[]>();
    for (const { textId } of set.texts) chunks.set(textId, await braid.documents.chunks(owner, textId));
    const values: Partial<Record<keyof typeof retrievals, QuestionValues>> = {};
    for (const name of Object.keys(retrievals) as (keyof typeof retrievals)[]) {
      const request = { ...retrievals[name], ...(expand !== undefined && { expand }) };
      values[name] = await measureQuestions(braid.pipeline, reader, set, chunks, request, (done) =>
        say(`${name}, ${done} of ${set.questions.length} questions`),
      );
    }
    return values as Record<keyof typeof retrievals, QuestionValues>;
  });
}

async function measureDocuments(
  { configuration, folder, openBraid, caching }: Run,
  { dataset, source }: DocumentSet,
  say: (state: string) => void,
): Promise<Measured['documents'][number]> {
  const request = deepen({ name: configuration.name, request: {} }, 100);
  const { measured, account } = await onIndex(
    configuration,
    source,
    folder,
    openBraid,
    caching,
    ({ done }) => say(`${dataset.name}, ${done} documents`),
    (braid, reader) =>
      runConfiguration(braid.pipeline, reader, request, dataset.queries, {
        metrics: [metric],
        onQuery: (done) => say(`${dataset.name}, ${done} of ${dataset.queries.length} queries`),
      }),
  );
  const ndcg = measured.perQuery.map(({ metrics }) => metrics[metric]!);
  return { name: dataset.name, index: account, ndcg };
}

async function readDocumentSet(folder: string, sample: number | undefined): Promise<DocumentSet> {
  const dataset = await readDataset(folder);
  const corpus = createCorpusSource(dataset.corpusFile);
  if (sample === undefined) return { dataset, source: corpus };
  const judged = new Set(dataset.queries.flatMap(({ grades }) => [...grades.keys()]));
  return { dataset, source: await sampleSource(corpus, judged, sample) };
}

function compare(one: Measured, base: Measured): ConfigurationReport {
  const questionsOf = (retrieval: keyof typeof retrievals) =>
    Object.fromEntries(
      questionMetrics.map((metric) => [
        metric,
        compared(one.questions[retrieval][metric], base.questions[retrieval][metric]),
      ]),
    ) as Record<QuestionMetric, Compared>;
  return {
    name: one.name,
    index: one.index,
    questions: { hybrid: questionsOf('hybrid'), dense: questionsOf('dense') },
    documents: one.documents.map(({ name, index, ndcg }, at) => ({
      name,
      index,
      'ndcg@10': compared(ndcg, base.documents[at]!.ndcg),
    })),
  };
}

function compared(values: readonly number[], baseValues: readonly number[]): Compared {
  return { ...estimate(values), difference: estimate(values.map((value, at) => value - baseValues[at]!)) };
}

function estimate(values: readonly number[]): Estimate {
  return { mean: mean(values), interval: bootstrapInterval(values) };
}

function fileNameOf(modelId: string): string {
  return modelId.replaceAll(/[^A-Za-z0-9._-]+/g, '-');
}
