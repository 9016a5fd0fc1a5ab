import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { InvalidInput } from '../../domain/errors.ts';
import { readJudgementFile } from '../formats/judgement-formats.ts';
import type { Judgements } from '../formats/judgements.ts';
import { readRunFile } from '../formats/run-formats.ts';
import type { RankedDocument } from '../formats/trec-run.ts';
import { bootstrapInterval, type Interval } from '../statistics/bootstrap-interval.ts';
import { type Comparison, compareRuns } from './compare-runs.ts';
import { defaultMetrics, type Metrics, meanMetrics, measureRanking } from './measure-ranking.ts';
import type { DatasetQuery } from './read-dataset.ts';
import type { QueryRun, ShownHit } from './run-configuration.ts';
import { readStoredRun, type StoredRun } from './stored-run.ts';

export interface CompareOptions {
  /** Ids of kept runs or their beginnings, or run files (TREC, ranx); the first is the baseline. */
  readonly runs: readonly string[];
  /** Folder of the kept runs. */
  readonly folder: string;
  /** Needed for run files. */
  readonly judgements?: string;
  readonly metrics?: readonly string[];
  readonly metric?: string;
}

export interface ComparisonReport {
  readonly queries: number;
  readonly configurations: readonly {
    readonly name: string;
    readonly metrics: Metrics;
    readonly intervals: Readonly<Record<string, Interval>>;
    /** Judged queries that the run says nothing of; they count as 0. */
    readonly missingQueries: readonly string[];
    /** Queries of the run that have no relevant document; left out. */
    readonly unjudgedQueries: readonly string[];
  }[];
  readonly comparisons: readonly Comparison[];
}

interface Ranked {
  readonly name: string;
  readonly rankings: ReadonlyMap<string, readonly RankedDocument[]>;
  readonly shown?: ReadonlyMap<string, readonly ShownHit[]>;
  /** Absent for a run file. */
  readonly stored?: StoredRun;
}

/**
 * Measures kept runs and run files, one or more, and compares them with the first, query by query.
 * @throws {InvalidInput} where runs are of different queries or judgements
 */
export async function compareKeptRuns(options: CompareOptions): Promise<ComparisonReport> {
  const metrics = options.metrics ?? defaultMetrics;
  const runs = await Promise.all(options.runs.map((run) => readEither(options.folder, run)));
  const names = distinctNames(runs);
  const queries = await judgedQueries(options, runs);
  const measured = runs.map(({ rankings, shown }, at) => ({
    name: names[at]!,
    run: {
      perQuery: queries.map(({ queryId, grades }): QueryRun => {
        const ranking = rankings.get(queryId) ?? [];
        const ids = ranking.map(({ documentId }) => documentId);
        return {
          queryId,
          ranking,
          shown: shown?.get(queryId) ?? ranking.slice(0, 10),
          metrics: measureRanking(ids, grades, metrics),
        };
      }),
    },
  }));
  const known = new Set(queries.map(({ queryId }) => queryId));
  return {
    queries: queries.length,
    configurations: measured.map(({ name, run }, at) => {
      const values = run.perQuery.map((query) => query.metrics);
      const { rankings } = runs[at]!;
      return {
        name,
        metrics: meanMetrics(values, metrics),
        intervals: Object.fromEntries(
          metrics.map((metric) => [metric, bootstrapInterval(values.map((value) => value[metric]!))]),
        ),
        missingQueries: [...known].filter((queryId) => !rankings.has(queryId)),
        unjudgedQueries: [...rankings.keys()].filter((queryId) => !known.has(queryId)),
      };
    }),
    comparisons: compareRuns(measured, queries, names[0]!, options.metric ?? metrics[0]!),
  };
}

async function readEither(folder: string, name: string): Promise<Ranked> {
  if (existsSync(name)) return { name: basename(name), rankings: await readRunFile(name) };
  const stored = await readStoredRun(folder, name);
  return {
    name: stored.name,
    stored,
    rankings: new Map(
      stored.queries.map(({ queryId, ranking }) => [
        queryId,
        ranking.map(([documentId, score]) => ({ documentId, score })),
      ]),
    ),
    shown: new Map(stored.queries.map(({ queryId, shown }) => [queryId, shown])),
  };
}

async function judgedQueries(options: CompareOptions, runs: readonly Ranked[]): Promise<DatasetQuery[]> {
  const kept = runs.flatMap(({ stored }) => (stored === undefined ? [] : [stored]));
  const [first] = kept;
  if (first === undefined || options.judgements !== undefined) {
    if (options.judgements === undefined) {
      throw new InvalidInput('judgements', 'Expected --judgements for run files, which hold none');
    }
    const { judgements } = await readJudgementFile(options.judgements);
    return fromJudgements(judgements, new Map(first?.queries.map(({ queryId, text }) => [queryId, text])));
  }
  const judgementsOf = ({ queries }: StoredRun) =>
    JSON.stringify(queries.map(({ queryId, text, grades }) => [queryId, text, grades]));
  const other = kept.find((run) => judgementsOf(run) !== judgementsOf(first));
  if (other !== undefined) {
    throw new InvalidInput(
      'run',
      `Cannot compare ${other.id} with ${first.id}: they are of different queries or judgements`,
    );
  }
  return first.queries.map(({ queryId, text, grades }) => ({ queryId, text, grades: new Map(grades) }));
}

function fromJudgements(judgements: Judgements, texts: ReadonlyMap<string, string>): DatasetQuery[] {
  const queries = [...judgements]
    .filter(([, grades]) => [...grades.values()].some((grade) => grade > 0))
    .map(([queryId, grades]) => ({ queryId, text: texts.get(queryId) ?? queryId, grades }));
  if (queries.length === 0) {
    throw new InvalidInput('judgements', 'Expected a query to have a relevant document, got none');
  }
  return queries;
}

/** Two runs of one name are told apart by their ids, or their places. */
function distinctNames(runs: readonly Ranked[]): string[] {
  return runs.map(({ name, stored }, at) => {
    const isShared = runs.some((other, index) => index !== at && other.name === name);
    return isShared ? `${name} (${stored?.id ?? at + 1})` : name;
  });
}
