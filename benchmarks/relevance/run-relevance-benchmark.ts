import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { InvalidInput } from '../../domain/errors.ts';
import type { Scope } from '../../domain/scope.ts';
import { readJudgementFile } from '../formats/judgement-formats.ts';
import { formatTrecRun } from '../formats/trec-run.ts';
import {
  type BenchmarkSettings,
  benchmarkTenant,
  indexCorpus,
  indexSettings,
  listIndex,
  type MeasuredBraid,
} from './benchmark-index.ts';
import { compareRuns } from './compare-runs.ts';
import { type Configuration, deepen, defaultConfigurations, readConfigurations } from './configurations.ts';
import { cutOf, defaultMetrics, metricOf } from './measure-ranking.ts';
import { type Dataset, joinJudgements, readDataset, readQueryTexts } from './read-dataset.ts';
import {
  type DetailedReport,
  type MeasuredConfiguration,
  type MeasuredSet,
  makeReport,
} from './relevance-report.ts';
import { requireSearchable } from './require-searchable.ts';
import { type ConfigurationRun, runConfiguration, tryConfiguration } from './run-configuration.ts';
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

interface Measured extends MeasuredSet {
  readonly scope: Scope;
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
    const report = makeReport(options.engine, measured, runs, comparisons);
    if (options.runsOut !== undefined) {
      await writeFile(join(options.runsOut, 'report.json'), `${JSON.stringify(report, null, 2)}\n`);
    }
    return report;
  } finally {
    await braid.close();
  }
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

async function writeRun(folder: string, name: string, run: ConfigurationRun): Promise<void> {
  const lines = run.perQuery.map(({ queryId, ranking }) => formatTrecRun(queryId, ranking, name));
  await writeFile(join(folder, `${name}.run`), lines.join(''));
}
