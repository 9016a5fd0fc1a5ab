import { type Choice, choosePoint, meanOf, type QuerySets } from './choose-point.ts';
import type { CollectedQuery } from './collect-legs.ts';
import { foldCount, foldsOf } from './folds.ts';
import type { JudgedSet } from './judge-choice.ts';
import { type Measurements, replay } from './replay.ts';
import type { Point } from './search-space.ts';
import type { TopMetric } from './top-metric.ts';

/** One dataset: queries to choose by, and where there are others, queries to judge by. */
export interface TuningSet {
  readonly name: string;
  readonly training: readonly CollectedQuery[];
  readonly heldOut?: readonly CollectedQuery[];
}

/** Everything measured on training queries, and where each set's queries stand in it. */
export interface TrainingTable {
  readonly sets: readonly TuningSet[];
  readonly measurements: Measurements;
  /** Numbers of each set's queries. */
  readonly queries: QuerySets;
  readonly metric: TopMetric;
}

export interface Tuned {
  readonly choice: Choice;
  /** By queries that the choice was not made on. */
  readonly judged: readonly JudgedSet[];
  /** What the same way of choosing gained in cross-validation on training queries, by set. */
  readonly crossValidated: readonly { readonly dataset: string; readonly differences: readonly number[] }[];
}

/** Measures each point on each training query. */
export function measureTraining(
  sets: readonly TuningSet[],
  points: readonly Point[],
  metric: TopMetric,
  onPoint: (done: number) => void,
): TrainingTable {
  const all = sets.flatMap(({ training }) => training);
  let from = 0;
  const queries = sets.map(({ training }) => {
    const numbers = training.map((_, at) => from + at);
    from += training.length;
    return numbers;
  });
  return { sets, measurements: replay(all, points, metric, onPoint), queries, metric };
}

/**
 * Chooses a point by training queries and measures it against a baseline: on held-out queries where a set has them, else
 * out of fold, each query by a choice that did not see its fold.
 * @param isIn which queries take part, all by default
 * @param baselineOf the number of the point that it has to beat
 */
export function tuneOn(
  { sets, measurements, queries, metric }: TrainingTable,
  baseline: number,
  isIn: (query: CollectedQuery) => boolean = () => true,
): Tuned {
  const all = sets.flatMap(({ training }) => training);
  const taken = queries.map((numbers) => numbers.filter((at) => isIn(all[at]!)));
  const choice = choosePoint(measurements, taken);
  const folds = foldsOf(all.map(({ query }) => query));
  const foldChoices = Array.from({ length: foldCount }, (_, fold) => {
    const others = taken.map((numbers) => numbers.filter((at) => folds[at] !== fold));
    // Where no other fold has a query there is nothing to choose by, and what stands stays.
    return others.some(({ length }) => length > 0) ? choosePoint(measurements, others).point : baseline;
  });
  const valueAt = (point: number, query: number) =>
    measurements.values[point * measurements.queries + query]!;
  const outOfFold = taken.map((numbers) => ({
    values: numbers.map((at) => valueAt(foldChoices[folds[at]!]!, at)),
    baselineValues: numbers.map((at) => valueAt(baseline, at)),
  }));
  const judged = sets.map((set, at): JudgedSet => {
    if (set.heldOut === undefined) {
      return { dataset: set.name, how: 'out-of-fold', ...outOfFold[at]! };
    }
    const held = set.heldOut.filter(isIn);
    const pair = [measurements.points[choice.point]!, measurements.points[baseline]!];
    const { values } = replay(held, pair, metric);
    return {
      dataset: set.name,
      how: 'held-out',
      values: Array.from(values.subarray(0, held.length)),
      baselineValues: Array.from(values.subarray(held.length)),
    };
  });
  return {
    choice,
    judged,
    crossValidated: outOfFold.map(({ values, baselineValues }, at) => ({
      dataset: sets[at]!.name,
      differences: values.map((value, query) => value - baselineValues[query]!),
    })),
  };
}

/** Chooses by all sets but one and measures on that one's training queries, for each; none for a single set. */
export function leaveOneSetOut(
  { sets, measurements, queries }: TrainingTable,
  baseline: number,
): { readonly dataset: string; readonly point: number; readonly differences: readonly number[] }[] {
  if (sets.length < 2) return [];
  return sets.map(({ name }, left) => {
    const { point } = choosePoint(
      measurements,
      queries.filter((_, at) => at !== left),
    );
    const valueAt = (of: number, query: number) => measurements.values[of * measurements.queries + query]!;
    return {
      dataset: name,
      point,
      differences: queries[left]!.map((at) => valueAt(point, at) - valueAt(baseline, at)),
    };
  });
}

/** A point's mean on training queries: the mean over the sets of their means. */
export function meanOn({ measurements, queries }: TrainingTable, point: number): number {
  return meanOf(measurements, point, queries);
}
