import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { InvalidInput } from '../../domain/errors.ts';
import type { IngestReport } from '../../domain/ingest.ts';
import type { Scope } from '../../domain/scope.ts';
import type { ResolvedSearchRequest } from '../../domain/search.ts';
import { readJudgementFile } from '../formats/judgement-formats.ts';
import { formatTrecRun } from '../formats/trec-run.ts';
import { bootstrapInterval, type Interval } from '../statistics/bootstrap-interval.ts';
import {
  type BenchmarkSettings,
  benchmarkTenant,
  indexCorpus,
  indexSettings,
  listIndex,
  type MeasuredBraid,
} from './benchmark-index.ts';
import { type Comparison, compareRuns } from './compare-runs.ts';
import { type Configuration, deepen, defaultConfigurations, readConfigurations } from './configurations.ts';
import { type LeftOut, leftOutOf, named, notesOn } from './left-out.ts';
import { cutOf, defaultMetrics, type Metrics, metricOf } from './measure-ranking.ts';
import { type Dataset, hashJudged, joinJudgements, readDataset, readQueryTexts } from './read-dataset.ts';
import { requireSearchable } from './require-searchable.ts';
import { type ConfigurationRun, type Cost, runConfiguration, tryConfiguration } from './run-configuration.ts';
import { storeRun } from './stored-run.ts';

export interface RelevanceOptions {
  /** Folder in BEIR form, indexed for the benchmark; either this or `ownIndex`. */
  readonly dataset?: string;
  /** Names other queries and judgements of the folder than the test's, `train` for one. */
  readonly split?: string;
  /** A tenant's index as it stands, with judgements from elsewhere. */
  readonly ownIndex?: OwnIndex;
  readonly engine: 'sqlite' | 'opensearch';
  /** YAML file of named search requests. @default lexical, dense and hybrid */
  readonly configurations?: string;
  /** Documents a run, 1 to 1,000. @default 1000 */
  readonly depth?: number;
  /** @default defaultMetrics */
  readonly metrics?: readonly string[];
  /** What configurations are compared by. @default "ndcg@10", else the first metric */
  readonly metric?: string;
  /** The configuration that the others are compared with. @default "hybrid", else the first */
  readonly baseline?: string;
  /** Folder for one TREC run a configuration, and `report.json` with each query's values. */
  readonly runsOut?: string;
  /** Folder under which the benchmark keeps its index and its runs. @default ".braid" */
  readonly data?: string;
  /** Whatever changes what is indexed, chunking and embedding model: each recipe has its own index. */
  readonly recipe?: unknown;
  readonly onProgress?: (progress: RelevanceProgress) => void;
}

export interface OwnIndex {
  readonly tenantId: string;
  /** In any of the formats. */
  readonly judgements: string;
  /** BEIR's `queries.jsonl`; without it the judgements' query ids are the texts, as Quepid and the workbench have it. */
  readonly queries?: string;
}

export type RelevanceProgress =
  | { readonly stage: 'index'; readonly done: number; readonly total: number }
  | {
      readonly stage: 'search';
      readonly configuration: string;
      readonly done: number;
      readonly total: number;
    };

export interface RelevanceReport {
  readonly benchmark: 'relevance';
  readonly dataset: string;
  readonly engine: 'sqlite' | 'opensearch';
  /** How many were measured. */
  readonly queries: number;
  readonly configurations: readonly {
    readonly name: string;
    /** Means over the queries. */
    readonly metrics: Metrics;
    /** 95 %, bootstrap over queries. */
    readonly intervals: Readonly<Record<string, Interval>>;
    /** The request as it was carried out, without the query. */
    readonly request: Omit<ResolvedSearchRequest, 'query'>;
    /** Documents a query that the run holds, on average. */
    readonly meanDepth: number;
    readonly seconds: number;
    readonly cost: Cost;
    /** Under which it is kept, for `bench compare`. */
    readonly run: string;
    /** Queries that found nothing; they count as 0. */
    readonly unanswered: readonly string[];
  }[];
  /** Each configuration against the baseline. */
  readonly comparisons: readonly Omit<Comparison, 'worst' | 'perQuery'>[];
  readonly corpus: {
    readonly documents: number;
    readonly hash: string;
    /** Of the measured queries with their texts and grades. */
    readonly judgedHash: string;
    /** What this run indexed; a second run finds everything unchanged. Absent for an index of one's own. */
    readonly ingest?: IngestReport;
  };
  readonly leftOut: LeftOut;
  /** What a reader of the figures must know, in words. */
  readonly notes: readonly string[];
}

/** A report with each query's values and the worst queries, as it is written to a folder. */
export interface DetailedReport extends RelevanceReport {
  readonly comparisons: readonly Comparison[];
  readonly perQuery: readonly {
    readonly name: string;
    readonly queries: readonly { readonly queryId: string; readonly metrics: Metrics }[];
  }[];
}

interface Measured {
  readonly dataset: Pick<Dataset, 'name' | 'documents' | 'corpusHash'> & ReturnType<typeof joinJudgements>;
  readonly scope: Scope;
  readonly ingest?: IngestReport;
}

/**
 * Measures how well search requests find what judges found relevant: indexes a dataset's corpus through the pipeline into
 * an index of its own, or takes a tenant's as it stands, runs each configuration over all queries, takes the mean of
 * each metric and compares the configurations query by query.
 *
 * @throws {InvalidInput} for a malformed dataset or configuration
 */
export async function runRelevanceBenchmark(
  options: RelevanceOptions,
  openBraid: (overrides: Partial<BenchmarkSettings>) => Promise<MeasuredBraid>,
): Promise<DetailedReport> {
  const depth = options.depth ?? 1_000;
  if (!Number.isInteger(depth) || depth < 1 || depth > 1_000) {
    throw new InvalidInput('depth', `Expected depth to be 1 to 1,000, got ${depth}`);
  }
  const metrics = chooseMetrics(options.metrics, depth);
  const configurations =
    options.configurations === undefined
      ? defaultConfigurations
      : await readConfigurations(options.configurations);
  const choices = chooseComparison(options, configurations, metrics);
  const dataset =
    options.dataset === undefined ? undefined : await readDataset(options.dataset, options.split);
  if (dataset !== undefined) requireSearchable(dataset.queries);
  if (options.runsOut !== undefined) await mkdir(options.runsOut, { recursive: true });

  const braid = await openBraid(dataset === undefined ? { search: {} } : indexSettings(options, dataset));
  try {
    const measured = dataset
      ? await measureDataset(braid, dataset, options)
      : await measureOwnIndex(braid, options.ownIndex);
    const { queries } = measured.dataset;
    for (const configuration of configurations) {
      const request = deepen(configuration, depth);
      await tryConfiguration(braid.pipeline, measured.scope, configuration.name, request, queries[0]!.text);
    }
    const runs: MeasuredConfiguration[] = [];
    for (const configuration of configurations) {
      const { name } = configuration;
      const onQuery = (done: number) =>
        options.onProgress?.({ stage: 'search', configuration: name, done, total: queries.length });
      const request = deepen(configuration, depth);
      const run = await runConfiguration(braid.pipeline, measured.scope, request, queries, {
        metrics,
        onQuery,
      });
      runs.push({ name, run, id: await keepRun(options, measured, name, run) });
      if (options.runsOut !== undefined) await writeRun(options.runsOut, name, run);
    }
    const comparisons = compareRuns(runs, queries, choices.baseline, choices.metric);
    const report = makeReport(options, measured, runs, comparisons);
    if (options.runsOut !== undefined) {
      await writeFile(join(options.runsOut, 'report.json'), `${JSON.stringify(report, null, 2)}\n`);
    }
    return report;
  } finally {
    await braid.close();
  }
}

interface MeasuredConfiguration {
  readonly name: string;
  readonly run: ConfigurationRun;
  readonly id: string;
}

/** A run that ends before the k of a metric would show the figure of another metric under its name. */
function chooseMetrics(asked: readonly string[] | undefined, depth: number): readonly string[] {
  const reaches = (name: string) => (cutOf(name) ?? depth) <= depth;
  if (asked === undefined) return defaultMetrics.filter(reaches);
  for (const name of asked) {
    metricOf(name);
    if (reaches(name)) continue;
    throw new InvalidInput('metrics', `Expected depth to be at least that of ${name}, got ${depth}`);
  }
  return asked;
}

function chooseComparison(
  options: RelevanceOptions,
  configurations: readonly Configuration[],
  metrics: readonly string[],
): { readonly baseline: string; readonly metric: string } {
  const names = configurations.map(({ name }) => name);
  const baseline = options.baseline ?? (names.includes('hybrid') ? 'hybrid' : names[0]!);
  if (!names.includes(baseline)) {
    throw new InvalidInput('baseline', `Expected baseline to be one of ${names.join(', ')}, got ${baseline}`);
  }
  const metric = options.metric ?? (metrics.includes('ndcg@10') ? 'ndcg@10' : metrics[0]!);
  if (!metrics.includes(metric)) {
    throw new InvalidInput('metric', `Expected metric to be one of ${metrics.join(', ')}, got ${metric}`);
  }
  return { baseline, metric };
}

async function measureDataset(
  braid: MeasuredBraid,
  dataset: Dataset,
  { onProgress }: RelevanceOptions,
): Promise<Measured> {
  const ingest = await indexCorpus(braid, dataset, (done) =>
    onProgress?.({ stage: 'index', done, total: dataset.documents }),
  );
  return { dataset, scope: braid.scopes.reader(benchmarkTenant), ingest };
}

async function measureOwnIndex(braid: MeasuredBraid, own: OwnIndex | undefined): Promise<Measured> {
  if (own === undefined) {
    throw new InvalidInput('dataset', 'Expected a dataset folder, or judgements for an index of your own');
  }
  const { judgements } = await readJudgementFile(own.judgements);
  const texts =
    own.queries === undefined
      ? new Map([...judgements.keys()].map((text) => [text, text]))
      : await readQueryTexts(own.queries);
  const { ids, hash } = await listIndex(braid, own.tenantId);
  const joined = joinJudgements(texts, judgements, (documentId) => ids.has(documentId));
  if (joined.queries.length === 0) {
    throw new InvalidInput(
      'judgements',
      `Expected a query of ${own.judgements} to have a relevant document, got none`,
    );
  }
  requireSearchable(joined.queries);
  return {
    dataset: { name: basename(own.judgements), documents: ids.size, corpusHash: hash, ...joined },
    // Judged documents are the owner's to measure, whoever may read them.
    scope: braid.scopes.operator(own.tenantId),
  };
}

function keepRun(
  options: RelevanceOptions,
  { dataset }: Measured,
  name: string,
  run: ConfigurationRun,
): Promise<string> {
  const index = createHash('sha256')
    .update(JSON.stringify([dataset.corpusHash, options.recipe ?? null]))
    .digest('hex');
  return storeRun(
    runFolder(options.data),
    { name, dataset: dataset.name, engine: options.engine, index },
    dataset.queries,
    run,
  );
}

/** Where runs are kept under the data folder. */
export function runFolder(data = '.braid'): string {
  return join(data, 'benchmarks', 'runs');
}

function makeReport(
  options: RelevanceOptions,
  { dataset, ingest }: Measured,
  runs: readonly MeasuredConfiguration[],
  comparisons: readonly Comparison[],
): DetailedReport {
  const leftOut = leftOutOf([dataset], ingest);
  return {
    benchmark: 'relevance',
    dataset: dataset.name,
    engine: options.engine,
    queries: dataset.queries.length,
    configurations: runs.map(({ name, run, id }) => ({
      name,
      metrics: run.metrics,
      intervals: Object.fromEntries(
        Object.keys(run.metrics).map((metric) => [
          metric,
          bootstrapInterval(run.perQuery.map(({ metrics }) => metrics[metric]!)),
        ]),
      ),
      request: run.request,
      meanDepth: run.perQuery.reduce((sum, { ranking }) => sum + ranking.length, 0) / run.perQuery.length,
      seconds: run.seconds,
      cost: run.cost,
      run: id,
      unanswered: run.perQuery.filter(({ ranking }) => ranking.length === 0).map(({ queryId }) => queryId),
    })),
    comparisons,
    corpus: {
      documents: dataset.documents,
      hash: dataset.corpusHash,
      judgedHash: hashJudged(dataset.queries),
      ...(ingest && { ingest }),
    },
    leftOut,
    notes: makeNotes(dataset.queries, leftOut, ingest?.refusals ?? [], runs),
    perQuery: runs.map(({ name, run }) => ({
      name,
      queries: run.perQuery.map(({ queryId, metrics }) => ({ queryId, metrics })),
    })),
  };
}

function makeNotes(
  queries: Measured['dataset']['queries'],
  leftOut: LeftOut,
  refusals: IngestReport['refusals'],
  runs: readonly MeasuredConfiguration[],
): string[] {
  const unjudged = refusals
    .map(({ name }) => name)
    .filter((name) => !leftOut.judgedDocumentsRefused.includes(name));
  return [
    'nDCG has linear gain: the grade itself, as in trec_eval.',
    ...(queries.length === 1
      ? [
          'One query: its interval is one value and says nothing of other queries, and no test can tell a difference.',
        ]
      : []),
    ...notesOn(leftOut),
    ...named(unjudged, 'documents that nobody judged were refused and are not in the index'),
    ...runs.flatMap(({ name, run }) => {
      const empty = run.perQuery.filter(({ ranking }) => ranking.length === 0).length;
      return empty === 0
        ? []
        : [`${empty} of ${queries.length} queries found nothing with "${name}"; they count as 0.`];
    }),
  ];
}

async function writeRun(folder: string, name: string, run: ConfigurationRun): Promise<void> {
  const lines = run.perQuery.map(({ queryId, ranking }) => formatTrecRun(queryId, ranking, name));
  await writeFile(join(folder, `${name}.run`), lines.join(''));
}
