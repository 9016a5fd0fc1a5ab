import type { IngestReport } from '../../domain/ingest.ts';
import type { ResolvedSearchRequest } from '../../domain/search.ts';
import { bootstrapInterval, type Interval } from '../statistics/bootstrap-interval.ts';
import type { Comparison } from './compare-runs.ts';
import { type LeftOut, leftOutOf, named, notesOn } from './left-out.ts';
import type { Metrics } from './measure-ranking.ts';
import { type Dataset, hashJudged, type joinJudgements } from './read-dataset.ts';
import type { ConfigurationRun, Cost } from './run-configuration.ts';

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

/** The queries that were measured, and what the index is of. */
export interface MeasuredSet {
  readonly dataset: Pick<Dataset, 'name' | 'documents' | 'corpusHash'> & ReturnType<typeof joinJudgements>;
  readonly ingest?: IngestReport;
}

/** A configuration's run, and the id under which it is kept. */
export interface MeasuredConfiguration {
  readonly name: string;
  readonly run: ConfigurationRun;
  readonly id: string;
}

/** Puts a report together from the runs of the configurations and their comparison. */
export function makeReport(
  engine: RelevanceReport['engine'],
  { dataset, ingest }: MeasuredSet,
  runs: readonly MeasuredConfiguration[],
  comparisons: readonly Comparison[],
): DetailedReport {
  const leftOut = leftOutOf([dataset], ingest);
  return {
    benchmark: 'relevance',
    dataset: dataset.name,
    engine,
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
      unanswered: unansweredOf(run),
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

function unansweredOf(run: ConfigurationRun): string[] {
  return run.perQuery.filter(({ ranking }) => ranking.length === 0).map(({ queryId }) => queryId);
}

function makeNotes(
  queries: MeasuredSet['dataset']['queries'],
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
      const empty = unansweredOf(run).length;
      return empty === 0
        ? []
        : [`${empty} of ${queries.length} queries found nothing with "${name}"; they count as 0.`];
    }),
  ];
}
