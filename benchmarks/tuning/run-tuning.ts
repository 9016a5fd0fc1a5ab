import { InvalidInput } from '../../domain/errors.ts';
import { resolveSearchRequest } from '../../retrieval/resolve.ts';
import type { BenchmarkSettings } from '../relevance/benchmark-index.ts';
import { notesOn } from '../relevance/left-out.ts';
import { bootstrapInterval } from '../statistics/bootstrap-interval.ts';
import { mean } from '../statistics/mean.ts';
import { calibrateLegs } from './calibrate-legs.ts';
import { checkReplay } from './check-replay.ts';
import { openLooks, questionsOf } from './held-out-log.ts';
import { judgeChoice } from './judge-choice.ts';
import { type LoadedSet, loadSets } from './load-sets.ts';
import { provenSettings } from './proven-settings.ts';
import {
  defaultSpace,
  describePoint,
  drawPoints,
  fieldsKey,
  type Point,
  pointOf,
  pointsOf,
  readSpace,
  type SearchSpace,
  settingsOf,
} from './search-space.ts';
import { defaultSteps } from './steps.ts';
import { topMetric } from './top-metric.ts';
import { tuneClasses } from './tune-classes.ts';
import { leaveOneSetOut, meanOn, measureTraining, tuneOn } from './tune-on.ts';
import type { TunedBraid, TuneOptions } from './tune-options.ts';
import { tuneSteps } from './tune-steps.ts';
import type { DescribedPoint, Gain, TuningReport } from './tuning-report.ts';
import { commentsOf, notReplayed, verdictOf } from './tuning-verdict.ts';
import { surfaceOf } from './weight-surface.ts';
import { writeSearchFile } from './write-search-file.ts';

const searchBudget = 20_000;

/**
 * Searches a space for settings that find more than the defaults do, and does not fool itself: it chooses on training
 * queries, takes the plateau instead of the peak, judges once on queries that no choice saw, and names a winner only where
 * the gain is significant.
 * @throws {InvalidInput}
 */
export async function runTuning(
  options: TuneOptions,
  openBraid: (overrides: Partial<BenchmarkSettings>) => Promise<TunedBraid>,
): Promise<TuningReport> {
  const metric = topMetric(options.metric ?? 'ndcg@10');
  const space = options.space === undefined ? defaultSpace : await readSpace(options.space);
  const say = (state: string) => options.onProgress?.(state);
  const baselinePoint = pointOf(resolveSearchRequest({ query: 'baseline' }, []));
  const depth = Math.max(...space.candidates, baselinePoint.candidates);
  if (depth < metric.depth) throw new InvalidInput('metric', `Expected at least ${metric.depth} candidates`);

  const collectStartedAt = performance.now();
  const sets = await loadSets(options, openBraid, fieldsOf(space, baselinePoint), depth);
  try {
    const collect = (performance.now() - collectStartedAt) / 1_000;
    const { points, baseline, isExhaustive } = layOut(space, sets, baselinePoint, options.budget);
    const replayStartedAt = performance.now();
    const table = measureTraining(sets, points, metric, (done) =>
      say(`replayed ${done} of ${points.length} configurations`),
    );
    const replayed = (performance.now() - replayStartedAt) / 1_000;

    say('choosing');
    const { choice, judged, crossValidated } = tuneOn(table, baseline);
    const chosen = points[choice.point]!;
    const looks = await openLooks(options, {
      heldOut: sets.map(({ hash }) => hash).join('+'),
      questions: questionsOf(
        sets.flatMap(({ heldOut, training }) => (heldOut ?? training).map(({ query }) => query)),
      ),
      engine: options.engine,
      metric: metric.name,
    });
    const earlierLooks = looks.earlier(settingsOf(chosen), settingsOf(baselinePoint));
    const judgement = judgeChoice(judged, earlierLooks);
    await looks.log(settingsOf(chosen), settingsOf(baselinePoint), judgement);

    const winner = judgement.isProven ? choice.point : undefined;
    const base = winner ?? baseline;
    const { classQueries } = options;
    const classes =
      classQueries === undefined
        ? []
        : await tuneClasses(table, base, classQueries, looks, (name) => say(`class ${name}`));
    const steps = space.steps ?? (options.steps ? defaultSteps : {});
    const stepReports = await tuneSteps(sets, points[base]!, steps, {
      metric,
      looks,
      budget: options.searches ?? searchBudget,
      onProgress: say,
    });

    const leftOut = leaveOneSetOut(table, baseline);
    const settings = provenSettings(points, winner, classes, stepReports, options.ownIndex?.tenantId);
    const described = (point: number): DescribedPoint => ({
      description: describePoint(points[point]!),
      settings: settingsOf(points[point]!),
      mean: meanOn(table, point),
    });
    const report: TuningReport = {
      benchmark: 'tuning',
      verdict: verdictOf(judgement, choice.point === baseline, chosen, metric.name, earlierLooks),
      engine: options.engine,
      metric: metric.name,
      configurations: points.length,
      isExhaustive,
      seconds: { collect, replay: replayed },
      datasets: sets.map(({ name, training, heldOut, leftOut: leftOutOfTraining, unmeasured }) => ({
        name,
        training: training.length,
        heldOut: heldOut?.length ?? null,
        leftOutOfTraining,
        leftOut: unmeasured,
      })),
      baseline: described(baseline),
      chosen: described(choice.point),
      best: described(choice.best),
      flat: choice.flat.length,
      judgement,
      earlierLooks,
      crossValidated: crossValidated.map(toGain),
      leaveOneSetOut: leftOut.map(({ point, ...rest }) => ({
        ...toGain(rest),
        chosen: describePoint(points[point]!),
      })),
      ...(leftOut.length > 0 && { leftOutPooled: poolGains(leftOut) }),
      classes: classes.map(({ point: _, ...rest }) => rest),
      steps: stepReports,
      surface: surfaceOf(table, choice),
      checked: await checkReplay(sets, [chosen, baselinePoint], metric),
      notReplayed,
      notes: sets.flatMap(({ name, unmeasured }) => notesOn(unmeasured).map((note) => `${name}: ${note}`)),
      ...(settings !== undefined && { settings }),
      ...(settings !== undefined && options.out !== undefined && { out: options.out }),
    };
    if (settings !== undefined && options.out !== undefined) {
      await writeSearchFile(options.out, settings, commentsOf(report));
    }
    return report;
  } finally {
    for (const set of sets) await set.close();
  }
}

/** The configurations to try, log-odds calibrated by the training queries, and the number of the baseline among them. */
function layOut(
  space: SearchSpace,
  sets: readonly LoadedSet[],
  baseline: Point,
  budget: number | undefined,
): { readonly points: readonly Point[]; readonly baseline: number; readonly isExhaustive: boolean } {
  const training = sets.map((set) => set.training);
  const all = pointsOf(space, calibrateLegs(training, space.fields));
  const points = budget === undefined ? all : drawPoints(all, budget);
  const isExhaustive = points.length >= all.length;
  const same = (point: Point) => JSON.stringify(settingsOf(point)) === JSON.stringify(settingsOf(baseline));
  const at = points.findIndex(same);
  return at === -1
    ? { points: [...points, baseline], baseline: points.length, isExhaustive }
    : { points, baseline: at, isExhaustive };
}

function fieldsOf({ fields }: SearchSpace, baseline: Point): Point['fields'][] {
  return [...new Map([...fields, baseline.fields].map((weights) => [fieldsKey(weights), weights])).values()];
}

interface Differences {
  readonly dataset: string;
  readonly differences: readonly number[];
}

function toGain({ dataset, differences }: Differences): Gain {
  return {
    dataset,
    queries: differences.length,
    difference: mean(differences),
    interval: bootstrapInterval(differences),
  };
}

function poolGains(gains: readonly Differences[]): NonNullable<TuningReport['leftOutPooled']> {
  const { difference, interval, pValue, worse } = judgeChoice(
    gains.map(({ dataset, differences }) => ({
      dataset,
      how: 'held-out',
      values: differences,
      baselineValues: differences.map(() => 0),
    })),
    0,
  );
  return { difference, interval, pValue, worse };
}
