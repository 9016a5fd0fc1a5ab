import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { InvalidInput } from '../../domain/errors.ts';
import type { Scope } from '../../domain/scope.ts';
import {
  type QueryClass,
  queryClasses,
  type SearchDefaults,
  type SearchSettings,
} from '../../domain/search.ts';
import type { EmbeddingModel } from '../../models/embedding-model.ts';
import { classifyQuery } from '../../retrieval/query-class.ts';
import { resolveSearchRequest } from '../../retrieval/resolve.ts';
import type { SearchEngine } from '../../search-engine/search-engine.ts';
import { readJudgementFile } from '../formats/judgement-formats.ts';
import {
  type BenchmarkSettings,
  benchmarkTenant,
  type IndexOptions,
  indexCorpus,
  indexSettings,
  listIndex,
  type MeasuredBraid,
} from '../relevance/benchmark-index.ts';
import { measureRanking } from '../relevance/measure-ranking.ts';
import { type DatasetQuery, joinJudgements, readDataset, readQueryTexts } from '../relevance/read-dataset.ts';
import { hasSplit } from '../relevance/read-judgements.ts';
import type { OwnIndex } from '../relevance/run-relevance-benchmark.ts';
import { bootstrapInterval, type Interval } from '../statistics/bootstrap-interval.ts';
import { holm } from '../statistics/holm.ts';
import { mean } from '../statistics/mean.ts';
import { type CollectedQuery, collectLegs } from './collect-legs.ts';
import { type HeldOutLook, logLook, otherLooks, readLooks } from './held-out-log.ts';
import { type Judgement, judgeChoice } from './judge-choice.ts';
import { replay } from './replay.ts';
import {
  defaultSpace,
  describePoint,
  drawPoints,
  type Fields,
  fusionName,
  type Point,
  pointOf,
  pointsOf,
  readSpace,
  settingsOf,
} from './search-space.ts';
import { type TopMetric, topMetric } from './top-metric.ts';
import { leaveOneSetOut, measureTraining, type TrainingTable, type TuningSet, tuneOn } from './tune-on.ts';
import { formatSearchFile } from './write-search-file.ts';

/** The part of a Braid that tuning uses. */
export interface TunedBraid extends MeasuredBraid {
  readonly engine: SearchEngine;
  readonly embeddingModel: EmbeddingModel;
}

export interface TuneOptions extends IndexOptions {
  /** Folders in BEIR form; where one has a split `train`, choices are made on it and judged on the test queries. */
  readonly datasets?: readonly string[];
  /** A tenant's index as it stands. */
  readonly ownIndex?: OwnIndex;
  /** YAML file. @default defaultSpace */
  readonly space?: string;
  /** Tries so many configurations, drawn at random, instead of all. */
  readonly budget?: number;
  /** @default "ndcg@10" */
  readonly metric?: string;
  /** Tunes each class of queries that has so many training queries. @default none is tuned */
  readonly classQueries?: number;
  /** Where the winning settings are written. */
  readonly out?: string;
  readonly onProgress?: (state: string) => void;
}

export interface TuningReport {
  readonly benchmark: 'tuning';
  readonly verdict: string;
  readonly engine: string;
  readonly metric: string;
  readonly configurations: number;
  readonly isExhaustive: boolean;
  readonly seconds: { readonly collect: number; readonly replay: number };
  readonly datasets: readonly {
    readonly name: string;
    readonly training: number;
    readonly heldOut: number | null;
    /** Ids of training queries that stand among the test queries too: no choice is made by them. */
    readonly leftOutOfTraining: readonly string[];
  }[];
  readonly baseline: DescribedPoint;
  readonly chosen: DescribedPoint;
  /** With the highest mean on training queries; what it has over the chosen one cannot be told from luck. */
  readonly best: DescribedPoint;
  /** How many configurations cannot be told from the best. */
  readonly flat: number;
  readonly judgement: Judgement;
  /** How many other configurations the same queries had judged before; alpha is divided for them. */
  readonly earlierLooks: number;
  readonly crossValidated: readonly Gain[];
  readonly leaveOneSetOut: readonly (Gain & { readonly chosen: string })[];
  readonly classes: readonly ClassReport[];
  /** Means on training queries by weight, for the chosen candidates, fields and completion. */
  readonly surface: readonly SurfacePoint[];
  /** Queries searched as they are, to check what was replayed. */
  readonly checked: { readonly queries: number; readonly differing: number; readonly largest: number };
  readonly notReplayed: readonly string[];
  /** Absent where nothing was proven. */
  readonly settings?: SearchSettings;
  /** Where these were written. */
  readonly out?: string;
}

export interface DescribedPoint {
  readonly description: string;
  readonly settings: SearchDefaults;
  /** On training queries, the mean over datasets. */
  readonly mean: number;
}

export interface Gain {
  readonly dataset: string;
  readonly queries: number;
  readonly difference: number;
  readonly interval: Interval;
}

export interface ClassReport {
  readonly class: QueryClass;
  readonly training: number;
  /** Why it was not tuned, or what came of it. */
  readonly verdict: string;
  readonly chosen?: string;
  readonly judgement?: Judgement;
  readonly adjustedPValue?: number;
}

export interface SurfacePoint {
  readonly fusion: string;
  readonly lexicalWeight: number;
  readonly mean: number;
  readonly isFlat: boolean;
  readonly isChosen: boolean;
}

/** What one run of each leg does not tell, so that it is not in the space. */
const notReplayed = [
  'rerank: a model reads the texts of the fused list, so that each depth is another call of it; measure it by bench relevance',
  'feedback: it moves the query’s vector, which is another dense leg',
  'diversity, duplicates, boosts: they read vectors and metadata of the hits after fusion',
  'lexical.candidates other than dense.candidates: the space has one depth for both',
  'OpenSearch: a graph search for fewer neighbours looks less far, so that a dense leg of few candidates can miss what the deep one found; the check above tells how often it mattered',
] as const;

interface LoadedSet extends TuningSet {
  /** Training queries that stand among the test queries too. */
  readonly leftOut: readonly string[];
  /** Of the corpus, the judging queries and their judgements. */
  readonly hash: string;
  /** Means of real searches and of the replay, for the first judging queries. */
  check(settings: readonly SearchDefaults[], metric: TopMetric, points: readonly Point[]): Promise<Checked>;
  close(): Promise<void>;
}

type Checked = TuningReport['checked'];

/**
 * Searches a space for settings that find more than the defaults do, and does not fool itself: it chooses on training
 * queries, takes the plateau instead of the peak, judges once on queries that no choice saw, and names a winner only where
 * the gain is significant.
 * @throws {InvalidInput}
 */
export async function runTuning(
  options: TuneOptions,
  openBraid: (overrides?: BenchmarkSettings) => Promise<TunedBraid>,
): Promise<TuningReport> {
  const metric = topMetric(options.metric ?? 'ndcg@10');
  const space = options.space === undefined ? defaultSpace : await readSpace(options.space);
  const all = pointsOf(space);
  const points = options.budget === undefined ? all : drawPoints(space, options.budget);
  const baselinePoint = pointOf(resolveSearchRequest({ query: 'baseline' }, []));
  const baseline = indexOfPoint(points, baselinePoint);
  const depth = Math.max(...points.map(({ candidates }) => candidates));
  if (depth < metric.depth) throw new InvalidInput('metric', `Expected at least ${metric.depth} candidates`);

  const collectStartedAt = performance.now();
  const sets = await loadSets(options, openBraid, fieldsOf(points), depth);
  try {
    const collect = (performance.now() - collectStartedAt) / 1_000;
    const replayStartedAt = performance.now();
    const table = measureTraining(sets, points, metric, (done) =>
      options.onProgress?.(`replayed ${done} of ${points.length} configurations`),
    );
    const replayed = (performance.now() - replayStartedAt) / 1_000;
    options.onProgress?.('choosing');
    const tuned = tuneOn(table, baseline);
    const look = await lookAt(options, sets, metric, points[tuned.choice.point]!, baselinePoint);
    const judgement = judgeChoice(tuned.judged, look.earlier);
    await look.log(judgement);
    const classes = tuneClasses(options, table, judgement.isProven ? tuned.choice.point : baseline);
    const settings = makeSettings(options, judgement, points[tuned.choice.point]!, classes, points);
    const checked = await checkReplay(sets, [points[tuned.choice.point]!, baselinePoint], metric);
    const meansOf = (point: number): DescribedPoint => ({
      description: describePoint(points[point]!),
      settings: settingsOf(points[point]!),
      mean: meanOn(table, point),
    });
    const report: TuningReport = {
      benchmark: 'tuning',
      verdict: verdictOf(
        judgement,
        tuned.choice.point === baseline,
        points[tuned.choice.point]!,
        metric,
        look.earlier,
      ),
      engine: options.engine,
      metric: metric.name,
      configurations: points.length,
      isExhaustive: points.length >= all.length,
      seconds: { collect, replay: replayed },
      datasets: sets.map(({ name, training, heldOut, leftOut }) => ({
        name,
        training: training.length,
        heldOut: heldOut?.length ?? null,
        leftOutOfTraining: leftOut,
      })),
      baseline: meansOf(baseline),
      chosen: meansOf(tuned.choice.point),
      best: meansOf(tuned.choice.best),
      flat: tuned.choice.flat.length,
      judgement,
      earlierLooks: look.earlier,
      crossValidated: tuned.crossValidated.map(toGain),
      leaveOneSetOut: leaveOneSetOut(table, baseline).map(({ point, ...rest }) => ({
        ...toGain(rest),
        chosen: describePoint(points[point]!),
      })),
      classes: classes.map(({ point: _, ...rest }) => rest),
      surface: surfaceOf(table, tuned.choice),
      checked,
      notReplayed,
      ...(settings !== undefined && { settings }),
      ...(settings !== undefined && options.out !== undefined && { out: options.out }),
    };
    if (settings !== undefined && options.out !== undefined) {
      await mkdir(dirname(options.out), { recursive: true });
      await writeFile(options.out, formatSearchFile(settings, commentsOf(report)));
    }
    return report;
  } finally {
    for (const set of sets) await set.close();
  }
}

/** The number of the baseline; it joins the points where it is not one of them. */
function indexOfPoint(points: Point[], wanted: Point): number {
  const same = (point: Point) => JSON.stringify(settingsOf(point)) === JSON.stringify(settingsOf(wanted));
  const at = points.findIndex(same);
  return at === -1 ? points.push(wanted) - 1 : at;
}

function fieldsOf(points: readonly Point[]): Fields[] {
  return [...new Map(points.map(({ fields }) => [`${fields.title}:${fields.text}`, fields])).values()];
}

async function loadSets(
  options: TuneOptions,
  openBraid: (overrides?: BenchmarkSettings) => Promise<TunedBraid>,
  fields: readonly Fields[],
  depth: number,
): Promise<LoadedSet[]> {
  const { datasets = [], ownIndex } = options;
  if ((datasets.length === 0) === (ownIndex === undefined)) {
    throw new InvalidInput('dataset', 'Expected either datasets, or judgements for an index of your own');
  }
  const loaded: LoadedSet[] = [];
  try {
    for (const folder of datasets) {
      loaded.push(await loadDataset(options, openBraid, folder, fields, depth));
    }
    if (ownIndex !== undefined) loaded.push(await loadOwnIndex(options, openBraid, ownIndex, fields, depth));
    return loaded;
  } catch (error) {
    for (const set of loaded) await set.close();
    throw error;
  }
}

async function loadDataset(
  options: TuneOptions,
  openBraid: (overrides?: BenchmarkSettings) => Promise<TunedBraid>,
  folder: string,
  fields: readonly Fields[],
  depth: number,
): Promise<LoadedSet> {
  const test = await readDataset(folder);
  const train = (await hasSplit(folder, 'train')) ? await readDataset(folder, 'train') : undefined;
  // A choice that saw a query under another id, or another split, would be judged by what it was made on.
  const judgedTexts = new Set(test.queries.map(({ text }) => text));
  const judgedIds = new Set(test.queries.map(({ queryId }) => queryId));
  const isShared = ({ queryId, text }: DatasetQuery) => judgedIds.has(queryId) || judgedTexts.has(text);
  const leftOut = train?.queries.filter(isShared).map(({ queryId }) => queryId) ?? [];
  const trainingQueries = train?.queries.filter((query) => !isShared(query));
  const braid = await openBraid(indexSettings(options, test));
  return closingOnError(braid, async () => {
    const say = (what: string) => (done: number) => options.onProgress?.(`${test.name}: ${what} ${done}`);
    await indexCorpus(braid, test, say('indexing'));
    const scope = braid.scopes.reader(benchmarkTenant);
    const ports = { engine: braid.engine, model: braid.embeddingModel };
    const collect = (queries: typeof test.queries, what: string) =>
      collectLegs(ports, scope, queries, fields, depth, say(what));
    const judging = await collect(
      test.queries,
      train === undefined ? 'legs of query' : 'legs of held-out query',
    );
    const training =
      trainingQueries === undefined ? judging : await collect(trainingQueries, 'legs of training query');
    return {
      name: test.name,
      training,
      leftOut,
      ...(train !== undefined && { heldOut: judging }),
      hash: hashOf(test.corpusHash, judging),
      check: (settings, metric, points) => check(braid, scope, judging, settings, metric, points),
      close: () => braid.close(),
    };
  });
}

async function loadOwnIndex(
  options: TuneOptions,
  openBraid: (overrides?: BenchmarkSettings) => Promise<TunedBraid>,
  own: OwnIndex,
  fields: readonly Fields[],
  depth: number,
): Promise<LoadedSet> {
  const { judgements } = await readJudgementFile(own.judgements);
  const texts =
    own.queries === undefined
      ? new Map([...judgements.keys()].map((text) => [text, text]))
      : await readQueryTexts(own.queries);
  const braid = await openBraid();
  return closingOnError(braid, async () => {
    const { ids, hash } = await listIndex(braid, own.tenantId);
    const { queries } = joinJudgements(texts, judgements, (documentId) => ids.has(documentId));
    if (queries.length === 0) {
      throw new InvalidInput(
        'judgements',
        `Expected a query of ${own.judgements} to have a relevant document`,
      );
    }
    const scope = braid.scopes.operator(own.tenantId);
    const ports = { engine: braid.engine, model: braid.embeddingModel };
    const training = await collectLegs(ports, scope, queries, fields, depth, (done) =>
      options.onProgress?.(`legs of query ${done}`),
    );
    return {
      name: own.tenantId,
      training,
      leftOut: [],
      hash: hashOf(hash, training),
      check: (settings, metric, points) => check(braid, scope, training, settings, metric, points),
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

function hashOf(corpusHash: string, queries: readonly CollectedQuery[]): string {
  const judged = queries.map(({ query }) => [query.queryId, query.text, [...query.grades]]);
  return createHash('sha256')
    .update(JSON.stringify([corpusHash, judged]))
    .digest('hex')
    .slice(0, 16);
}

async function lookAt(
  options: TuneOptions,
  sets: readonly LoadedSet[],
  metric: TopMetric,
  chosen: Point,
  baseline: Point,
): Promise<{ readonly earlier: number; log(judgement: Judgement): Promise<void> }> {
  const file = join(options.data ?? '.braid', 'benchmarks', 'held-out-looks.jsonl');
  const look = {
    heldOut: sets.map(({ hash }) => hash).join('+'),
    engine: options.engine,
    chosen: settingsOf(chosen),
    baseline: settingsOf(baseline),
    metric: metric.name,
  };
  const earlier = otherLooks(await readLooks(file), look);
  return {
    earlier,
    log: ({ difference, pValue }) => {
      const entry: HeldOutLook = { ...look, at: new Date().toISOString(), difference, pValue };
      return logLook(file, entry);
    },
  };
}

function tuneClasses(
  { classQueries, onProgress }: TuneOptions,
  table: TrainingTable,
  base: number,
): (ClassReport & { point?: number })[] {
  if (classQueries === undefined) return [];
  const all = table.sets.flatMap(({ training }) => training);
  const tuned = queryClasses.map((name) => {
    const isIn = ({ query }: CollectedQuery) => classifyQuery(query.text) === name;
    const training = all.filter(isIn).length;
    if (training < classQueries) return { class: name, training };
    onProgress?.(`class ${name}`);
    const { choice, judged } = tuneOn(table, base, isIn);
    const filled = judged.filter(({ values }) => values.length > 0);
    return { class: name, training, point: choice.point, judgement: judgeChoice(filled, 0) };
  });
  const tested = tuned.filter(({ judgement }) => judgement !== undefined);
  const adjusted = holm(tested.map(({ judgement }) => judgement!.pValue));
  return tuned.map((entry): ClassReport & { point?: number } => {
    const { judgement, point } = entry;
    if (judgement === undefined || point === undefined) {
      return {
        class: entry.class,
        training: entry.training,
        verdict: `not tuned: ${entry.training} training queries, ${classQueries} wanted`,
      };
    }
    const adjustedPValue = adjusted[tested.indexOf(entry)]!;
    const isProven = judgement.difference > 0 && adjustedPValue < 0.05 && judgement.worse.length === 0;
    return {
      class: entry.class,
      training: entry.training,
      chosen: describePoint(table.measurements.points[point]!),
      judgement,
      adjustedPValue,
      verdict: isProven
        ? 'its own settings are proven better'
        : `no settings of its own are proven better; a gain of ${judgement.detectableGain.toFixed(4)} would have shown`,
      ...(isProven && { point }),
    };
  });
}

function makeSettings(
  { ownIndex }: TuneOptions,
  judgement: Judgement,
  chosen: Point,
  classes: readonly (ClassReport & { point?: number })[],
  points: readonly Point[],
): SearchSettings | undefined {
  const proven = classes.filter(({ point }) => point !== undefined);
  if (!judgement.isProven && proven.length === 0) return undefined;
  const own = {
    ...(judgement.isProven && { defaults: settingsOf(chosen) }),
    ...(proven.length > 0 && {
      classes: Object.fromEntries(proven.map((entry) => [entry.class, settingsOf(points[entry.point!]!)])),
    }),
  };
  const isForTenant = ownIndex !== undefined && ownIndex.tenantId !== 'default';
  return isForTenant ? { tenants: { [ownIndex.tenantId]: own } } : own;
}

function meanOn({ measurements, queries }: TrainingTable, point: number): number {
  const { values } = measurements;
  return mean(queries.map((set) => mean(set.map((at) => values[point * measurements.queries + at]!))));
}

function surfaceOf(
  table: TrainingTable,
  choice: { readonly point: number; readonly flat: readonly number[] },
): SurfacePoint[] {
  const { points } = table.measurements;
  const chosen = points[choice.point]!;
  const flat = new Set(choice.flat);
  return points.flatMap((point, at) => {
    const isAlike =
      point.candidates === chosen.candidates &&
      point.fields.title * chosen.fields.text === chosen.fields.title * point.fields.text &&
      (point.complete === chosen.complete || point.fusion.method === 'rrf');
    if (!isAlike) return [];
    const { fusion, lexicalWeight } = point;
    return [
      {
        fusion: fusionName(fusion),
        lexicalWeight,
        mean: meanOn(table, at),
        isFlat: flat.has(at),
        isChosen: at === choice.point,
      },
    ];
  });
}

function toGain({ dataset, differences }: { dataset: string; differences: readonly number[] }): Gain {
  return {
    dataset,
    queries: differences.length,
    difference: mean(differences),
    interval: bootstrapInterval(differences),
  };
}

const checkedQueries = 50;

async function checkReplay(
  sets: readonly LoadedSet[],
  points: readonly Point[],
  metric: TopMetric,
): Promise<Checked> {
  const settings = points.map(settingsOf);
  const checks = await Promise.all(sets.map((set) => set.check(settings, metric, points)));
  return {
    queries: checks.reduce((sum, { queries }) => sum + queries, 0),
    differing: checks.reduce((sum, { differing }) => sum + differing, 0),
    largest: Math.max(0, ...checks.map(({ largest }) => largest)),
  };
}

async function check(
  braid: TunedBraid,
  scope: Scope,
  queries: readonly CollectedQuery[],
  settings: readonly SearchDefaults[],
  metric: TopMetric,
  points: readonly Point[],
): Promise<Checked> {
  const taken = queries.slice(0, checkedQueries);
  const { values } = replay(taken, points, metric);
  let differing = 0;
  let largest = 0;
  for (const [point, given] of settings.entries()) {
    for (const [at, { query }] of taken.entries()) {
      const topK = Math.min(metric.depth, given.lexical?.candidates ?? metric.depth);
      const found = await braid.pipeline.search(scope, {
        ...given,
        query: query.text,
        topK,
        collapse: 'document',
      });
      const ranking = found.results.map(({ documentId }) => documentId);
      const searched = measureRanking(ranking, query.grades, [metric.name])[metric.name]!;
      const difference = Math.abs(searched - values[point * taken.length + at]!);
      if (difference > 1e-6) differing += 1;
      largest = Math.max(largest, difference);
    }
  }
  return { queries: taken.length * settings.length, differing, largest };
}

function verdictOf(
  judgement: Judgement,
  isBaseline: boolean,
  chosen: Point,
  metric: TopMetric,
  earlier: number,
): string {
  const size = (value: number) => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(4)}`;
  const [low, high] = judgement.interval;
  const found = `${metric.name} ${size(judgement.difference)} [${size(low)}, ${size(high)}], p ${judgement.pValue.toFixed(4)}`;
  const corrected =
    earlier === 0
      ? ''
      : `, with alpha ${judgement.alpha.toFixed(4)} since these queries have judged ${earlier} other configurations before`;
  if (isBaseline) return 'No winner: on training queries nothing can be told from the defaults, which stay.';
  if (judgement.isProven) return `Winner: ${describePoint(chosen)}: ${found}${corrected}.`;
  const worse =
    judgement.worse.length > 0 ? ` It is significantly worse on ${judgement.worse.join(', ')}.` : '';
  return `No winner is proven: ${describePoint(chosen)} has ${found}${corrected}.${worse} So many queries show a gain of ${judgement.detectableGain.toFixed(4)} four times in five.`;
}

function commentsOf(report: TuningReport): string[] {
  return [
    'Written by `braid bench tune`; `braid serve --config` takes it as it is.',
    report.verdict,
    `Chosen on ${report.datasets.map(({ name, training }) => `${training} queries of ${name}`).join(', ')}, ${report.engine}.`,
  ];
}
