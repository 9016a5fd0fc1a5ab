import type { Measurements } from './replay.ts';
import { cellKey, describePoint, type Point } from './search-space.ts';

/** What was chosen of a space, and of what it could not be told apart. */
export interface Choice {
  /** Number of the point in the space. */
  readonly point: number;
  /** The one with the highest mean, which is often luck. */
  readonly best: number;
  readonly mean: number;
  readonly bestMean: number;
  /** Numbers of the points that cannot be told from the best. */
  readonly flat: readonly number[];
}

type Values = Pick<Measurements, 'values' | 'queries'>;

/** Measured queries of one dataset; each dataset counts the same, whatever its size. */
export type QuerySets = readonly (readonly number[])[];

/**
 * Chooses the plateau, not the peak: of the points that cannot be told from the best (the paired difference of means is at
 * most one standard error of itself) the cheapest, and of these the one nearest the middle of the widest flat region.
 * Source: the one-standard-error rule of Breiman, Friedman, Olshen and Stone, "Classification and Regression Trees", 1984,
 * 3.4.3, on paired differences; the mean over datasets of the means over their queries.
 * @param sets numbers of queries that may be looked at
 */
export function choosePoint(measurements: Measurements, sets: QuerySets): Choice {
  const { points } = measurements;
  const { means, best, flat } = findFlat(measurements, points.length, sets);
  const least = flat.map((at) => searchCost(points[at]!)).sort(compareCosts)[0]!;
  const cheapest = flat.filter((at) => compareCosts(searchCost(points[at]!), least) === 0);
  const point = middleOf(cheapest, points, means);
  return { point, best, mean: means[point]!, bestMean: means[best]!, flat };
}

/** Of `count` rows of values the means, the best, and those that cannot be told from it. */
export function findFlat(
  measured: Values,
  count: number,
  sets: QuerySets,
): { readonly means: readonly number[]; readonly best: number; readonly flat: readonly number[] } {
  const filled = sets.filter(({ length }) => length > 0);
  const rows = Array.from({ length: count }, (_, at) => at);
  const means = rows.map((row) => meanOf(measured, row, filled));
  const best = means.reduce((highest, value, at) => (value > means[highest]! ? at : highest), 0);
  const flat = rows.filter((row) => isAsGood(measured, row, best, means[best]! - means[row]!, filled));
  return { means, best, flat };
}

/** The mean over datasets of a point's means. */
export function meanOf({ values, queries }: Values, point: number, sets: QuerySets): number {
  let total = 0;
  for (const set of sets) {
    let sum = 0;
    for (const query of set) sum += values[point * queries + query]!;
    total += sum / set.length;
  }
  return sets.length === 0 ? 0 : total / sets.length;
}

/** What a search by the point takes, most telling first: legs, candidates, whether legs are completed. */
export function searchCost({ lexicalWeight, candidates, complete }: Point): readonly number[] {
  const legs = lexicalWeight === 0 || lexicalWeight === 1 ? 1 : 2;
  return [legs, candidates, complete && legs === 2 ? 1 : 0];
}

function compareCosts(left: readonly number[], right: readonly number[]): number {
  const at = left.findIndex((value, index) => value !== right[index]);
  return at === -1 ? 0 : left[at]! - right[at]!;
}

function isAsGood(
  { values, queries }: Values,
  point: number,
  best: number,
  behind: number,
  sets: QuerySets,
): boolean {
  if (point === best || behind <= 1e-9) return true;
  // The variance of the mean of the sets' means.
  let variance = 0;
  for (const set of sets) {
    let sum = 0;
    let squares = 0;
    for (const query of set) {
      const difference = values[best * queries + query]! - values[point * queries + query]!;
      sum += difference;
      squares += difference * difference;
    }
    const count = set.length;
    if (count > 1) variance += (squares - (sum * sum) / count) / (count - 1) / count;
  }
  return behind <= Math.sqrt(Math.max(0, variance)) / sets.length;
}

/** The region of weights that has most of the points, and in it the one nearest its middle. */
function middleOf(cheapest: readonly number[], points: readonly Point[], means: readonly number[]): number {
  const highest = (region: readonly number[]) => Math.max(...region.map((at) => means[at]!));
  const [widest = []] = regionsOf(cheapest, points).sort(
    (left, right) => right.length - left.length || highest(right) - highest(left),
  );
  const weights = widest.map((at) => points[at]!.lexicalWeight);
  const middle = (Math.min(...weights) + Math.max(...weights)) / 2;
  const distance = (at: number) => Math.abs(points[at]!.lexicalWeight - middle);
  return [...widest].sort(
    (left, right) =>
      Math.round((distance(left) - distance(right)) * 1e6) ||
      means[right]! - means[left]! ||
      (describePoint(points[left]!) < describePoint(points[right]!) ? -1 : 1),
  )[0]!;
}

/**
 * Points that differ in weight alone, neighbours by weight: where a weight between two of them is not among the flat
 * ones, a valley parts them, and the middle of both would lie in it or at its edge.
 */
function regionsOf(flat: readonly number[], points: readonly Point[]): number[][] {
  const isFlat = new Set(flat);
  const cells = new Set(flat.map((at) => cellKey(points[at]!)));
  const ofCell = Map.groupBy(points.keys(), (at) => cellKey(points[at]!));
  return [...cells].flatMap((cell) => {
    const rising = ofCell
      .get(cell)!
      .sort((left, right) => points[left]!.lexicalWeight - points[right]!.lexicalWeight);
    const regions: number[][] = [[]];
    for (const at of rising) {
      if (isFlat.has(at)) regions.at(-1)!.push(at);
      else regions.push([]);
    }
    return regions.filter(({ length }) => length > 0);
  });
}
