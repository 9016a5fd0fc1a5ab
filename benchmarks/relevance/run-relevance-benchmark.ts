import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InvalidInput } from '../../domain/errors.ts';
import type { IngestReport } from '../../domain/ingest.ts';
import type { ResolvedSearchRequest } from '../../domain/search.ts';
import type { ScopeMaker } from '../../identity/scope.ts';
import type { Pipeline } from '../../pipeline.ts';
import type { DocumentStore } from '../../search-engine/document-store.ts';
import { deepen, defaultConfigurations, readConfigurations } from './configurations.ts';
import { createCorpusSource } from './corpus-source.ts';
import type { Metrics } from './measure-ranking.ts';
import { type Dataset, readDataset } from './read-dataset.ts';
import { type ConfigurationRun, runConfiguration } from './run-configuration.ts';
import { formatTrecRun } from './trec-run.ts';

export interface RelevanceOptions {
  /** Folder in BEIR form: `corpus.jsonl`, `queries.jsonl`, `qrels.tsv` or `qrels/*.tsv`. */
  readonly dataset: string;
  readonly engine: 'sqlite' | 'opensearch';
  /** YAML file of named search requests. @default lexical, dense and hybrid */
  readonly configurations?: string;
  /** Documents a run, 1 to 1,000. @default 1000 */
  readonly depth?: number;
  /** Folder for one TREC run a configuration, and `report.json` with each query's values. */
  readonly runsOut?: string;
  /** Folder under which the benchmark keeps its index. @default ".braid" */
  readonly data?: string;
  /** Whatever changes what is indexed, chunking and embedding model: each recipe has its own index. */
  readonly recipe?: unknown;
  readonly onProgress?: (progress: RelevanceProgress) => void;
}

export type RelevanceProgress =
  | { readonly stage: 'index'; readonly done: number; readonly total: number }
  | {
      readonly stage: 'search';
      readonly configuration: string;
      readonly done: number;
      readonly total: number;
    };

/** Settings of the benchmark's own Braid, over those of the caller. */
export interface RelevanceConfigOverrides {
  readonly engine: 'sqlite' | 'opensearch';
  readonly data: string;
  readonly opensearch: { readonly indexPrefix: string };
}

/** The part of a Braid that the benchmark uses. */
export interface MeasuredBraid {
  readonly pipeline: Pick<Pipeline, 'ingest' | 'search'>;
  readonly documents: Pick<DocumentStore, 'refresh'>;
  readonly scopes: ScopeMaker;
  close(): Promise<void>;
}

export interface RelevanceReport {
  readonly dataset: string;
  readonly engine: 'sqlite' | 'opensearch';
  /** How many were measured. */
  readonly queries: number;
  readonly configurations: readonly {
    readonly name: string;
    /** Means over the queries. */
    readonly metrics: Metrics;
    /** The request as it was carried out, without the query. */
    readonly request: Omit<ResolvedSearchRequest, 'query'>;
    /** Documents a query that the run holds, on average. */
    readonly meanDepth: number;
    readonly seconds: number;
  }[];
  readonly corpus: {
    readonly documents: number;
    readonly hash: string;
    /** What this run indexed; a second run finds everything unchanged. */
    readonly ingest: IngestReport;
  };
  /** What the figures leave out or count as not found, by id. */
  readonly leftOut: {
    readonly queriesWithoutJudgements: readonly string[];
    readonly judgedQueriesWithoutText: readonly string[];
    readonly judgedDocumentsOutsideCorpus: readonly string[];
    /** Judged documents that the pipeline refused. */
    readonly judgedDocumentsRefused: readonly string[];
  };
}

const tenantId = 'benchmark';

/**
 * Measures how well search requests find what a dataset's judges found relevant: indexes the corpus through the
 * pipeline into an index of its own, runs each configuration over all queries and takes the mean of each metric.
 *
 * @throws {InvalidInput} for a malformed dataset or configuration
 */
export async function runRelevanceBenchmark(
  options: RelevanceOptions,
  openBraid: (overrides: RelevanceConfigOverrides) => Promise<MeasuredBraid>,
): Promise<RelevanceReport> {
  const depth = options.depth ?? 1_000;
  if (!Number.isInteger(depth) || depth < 1 || depth > 1_000) {
    throw new InvalidInput('depth', `Expected depth to be 1 to 1,000, got ${depth}`);
  }
  const configurations =
    options.configurations === undefined
      ? defaultConfigurations
      : await readConfigurations(options.configurations);
  const dataset = await readDataset(options.dataset);
  if (options.runsOut !== undefined) await mkdir(options.runsOut, { recursive: true });

  const braid = await openBraid(indexSettings(options, dataset));
  try {
    const owner = braid.scopes.operator(tenantId);
    const ingest = await braid.pipeline.ingest(owner, createCorpusSource(dataset.corpusFile), {
      onProgress: ({ done }) => options.onProgress?.({ stage: 'index', done, total: dataset.documents }),
    });
    await braid.documents.refresh(owner);
    const runs: { readonly name: string; readonly run: ConfigurationRun }[] = [];
    for (const configuration of configurations) {
      const { name } = configuration;
      const run = await runConfiguration(
        braid.pipeline,
        braid.scopes.reader(tenantId),
        deepen(configuration, depth),
        dataset.queries,
        (done) =>
          options.onProgress?.({
            stage: 'search',
            configuration: name,
            done,
            total: dataset.queries.length,
          }),
      );
      runs.push({ name, run });
      if (options.runsOut !== undefined) await writeRun(options.runsOut, name, run);
    }
    const report = makeReport(options, dataset, ingest, runs);
    if (options.runsOut !== undefined) await writeReport(options.runsOut, report, runs);
    return report;
  } finally {
    await braid.close();
  }
}

/** One index for each corpus and recipe, so that text statistics are the corpus's own and a second run finds it. */
function indexSettings(options: RelevanceOptions, dataset: Dataset): RelevanceConfigOverrides {
  const key = createHash('sha256')
    .update(JSON.stringify([dataset.corpusHash, options.recipe ?? null]))
    .digest('hex')
    .slice(0, 12);
  const name = dataset.name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
  return {
    engine: options.engine,
    data: join(options.data ?? '.braid', 'benchmarks', `${name}-${key}`),
    opensearch: { indexPrefix: `braid-bench-${name.slice(0, 40)}-${key}` },
  };
}

function makeReport(
  options: RelevanceOptions,
  dataset: Dataset,
  ingest: IngestReport,
  runs: readonly { readonly name: string; readonly run: ConfigurationRun }[],
): RelevanceReport {
  const judged = new Set(dataset.queries.flatMap(({ grades }) => [...grades.keys()]));
  return {
    dataset: dataset.name,
    engine: options.engine,
    queries: dataset.queries.length,
    configurations: runs.map(({ name, run }) => ({
      name,
      metrics: run.metrics,
      request: run.request,
      meanDepth: run.perQuery.reduce((sum, { ranking }) => sum + ranking.length, 0) / run.perQuery.length,
      seconds: run.seconds,
    })),
    corpus: { documents: dataset.documents, hash: dataset.corpusHash, ingest },
    leftOut: {
      queriesWithoutJudgements: dataset.queriesWithoutJudgements,
      judgedQueriesWithoutText: dataset.judgedQueriesWithoutText,
      judgedDocumentsOutsideCorpus: dataset.judgedDocumentsOutsideCorpus,
      judgedDocumentsRefused: ingest.refusals.map(({ name }) => name).filter((name) => judged.has(name)),
    },
  };
}

async function writeRun(folder: string, name: string, run: ConfigurationRun): Promise<void> {
  const lines = run.perQuery.map(({ queryId, ranking }) => formatTrecRun(queryId, ranking, name));
  await writeFile(join(folder, `${name}.run`), lines.join(''));
}

async function writeReport(
  folder: string,
  report: RelevanceReport,
  runs: readonly { readonly name: string; readonly run: ConfigurationRun }[],
): Promise<void> {
  const perQuery = runs.map(({ name, run }) => ({
    name,
    queries: run.perQuery.map(({ queryId, metrics }) => ({ queryId, metrics })),
  }));
  await writeFile(join(folder, 'report.json'), `${JSON.stringify({ ...report, perQuery }, null, 2)}\n`);
}
