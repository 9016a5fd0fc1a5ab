import { calendarDate, createCalendarPeriod } from '../../domain/calendar.ts';
import { InvalidInput } from '../../domain/errors.ts';
import { finite } from '../../domain/finite.ts';
import type { FacetBucket, FacetRequest, FacetResult } from '../../domain/search.ts';
import { compareUtf8 } from '../../domain/text-order.ts';

export type FacetValue = string | number | boolean;

/** Of each key that is counted, the values of each document that has one; members of a list once. */
export type FacetValues = ReadonlyMap<string, ReadonlyMap<number, readonly FacetValue[]>>;

/** The most buckets of one reply, as OpenSearch allows. */
export const maxBuckets = 65_535;
const defaultSize = 10;

export function tooManyBuckets(): InvalidInput {
  return new InvalidInput(
    'facets',
    'Expected facets to have fewer buckets: make them wider, or the filter narrower',
  );
}

/**
 * Counts facets with facets inside them over documents, exactly.
 * @throws {InvalidInput} where that takes more than 65,535 buckets
 */
export function countFacetTree(
  facets: readonly FacetRequest[],
  values: FacetValues,
  documents: Iterable<number>,
): FacetResult[] {
  let buckets = 0;
  const spend = (count: number) => {
    buckets += count;
    if (buckets > maxBuckets) throw tooManyBuckets();
  };
  const counted = [...documents];
  return facets.map((facet) => countFacet(facet, values, counted, spend));
}

function countFacet(
  facet: FacetRequest,
  values: FacetValues,
  documents: readonly number[],
  spend: (buckets: number) => void,
): FacetResult {
  const { key } = facet;
  const held = values.get(key);
  const valuesOf = (document: number): readonly FacetValue[] => held?.get(document) ?? [];
  if ('statistics' in facet) return { key, statistics: summarize(documents.flatMap(valuesOf)) };
  const bucketOf = (inside: readonly number[]): FacetBucket => ({
    documents: inside.length,
    ...(facet.facets !== undefined && {
      facets: facet.facets.map((child) => countFacet(child, values, inside, spend)),
    }),
  });

  if ('ranges' in facet) {
    const groups = groupBy(documents, valuesOf, (value) => placeAmong(facet.ranges, value));
    const bounds = [undefined, ...facet.ranges];
    spend(bounds.length);
    const ranges = bounds.map((from, at) => {
      const to = facet.ranges[at];
      return {
        ...(from !== undefined && { from }),
        ...(to !== undefined && { to }),
        ...bucketOf(groups.get(at) ?? []),
      };
    });
    return { key, ranges };
  }
  if ('histogram' in facet) {
    const width = facet.histogram;
    const groups = groupBy(documents, valuesOf, (value) => {
      // −0 becomes 0.
      const from = typeof value === 'number' ? Math.floor(value / width) * width + 0 : Number.NaN;
      return Number.isFinite(from) ? from : undefined;
    });
    spend(groups.size);
    const rising = [...groups].sort(([left], [right]) => left - right);
    return { key, histogram: rising.map(([from, inside]) => ({ from, ...bucketOf(inside) })) };
  }
  if ('dates' in facet) {
    const periodOf = createCalendarPeriod(facet.dates.interval, facet.dates.timeZone ?? 'UTC');
    const groups = groupBy(documents, valuesOf, (value) =>
      typeof value === 'boolean' ? undefined : periodOf(value),
    );
    spend(groups.size);
    const rising = [...groups].sort(([left], [right]) => left - right);
    return { key, dates: rising.map(([day, inside]) => ({ from: calendarDate(day), ...bucketOf(inside) })) };
  }
  const groups = groupBy(documents, valuesOf, (value) => value);
  const ranked = [...groups].sort(
    ([left, leftInside], [right, rightInside]) =>
      rightInside.length - leftInside.length || compareValues(left, right),
  );
  const shown = ranked.slice(0, facet.size ?? defaultSize);
  spend(shown.length);
  return { key, values: shown.map(([value, inside]) => ({ value, ...bucketOf(inside) })) };
}

/** The documents of each group; a document that has two values of one group is in it once. */
function groupBy<Group>(
  documents: readonly number[],
  valuesOf: (document: number) => readonly FacetValue[],
  groupOf: (value: FacetValue) => Group | undefined,
): Map<Group, number[]> {
  const groups = new Map<Group, number[]>();
  for (const document of documents) {
    for (const value of valuesOf(document)) {
      const group = groupOf(value);
      if (group === undefined) continue;
      const inside = groups.get(group);
      if (inside === undefined) groups.set(group, [document]);
      else if (inside.at(-1) !== document) inside.push(document);
    }
  }
  return groups;
}

/** How many bounds lie at or below a number. */
function placeAmong(bounds: readonly number[], value: FacetValue): number | undefined {
  if (typeof value !== 'number') return undefined;
  const above = bounds.findIndex((bound) => value < bound);
  return above === -1 ? bounds.length : above;
}

function summarize(values: readonly FacetValue[]) {
  const numbers = values.filter((value) => typeof value === 'number');
  let [minimum, maximum, sum] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
  for (const value of numbers) {
    minimum = Math.min(minimum, value);
    maximum = Math.max(maximum, value);
    sum += value;
  }
  if (numbers.length === 0) return { documents: 0, sum: 0 };
  sum = finite(sum);
  return { documents: numbers.length, minimum, maximum, mean: sum / numbers.length, sum };
}

/** By type, then by value: booleans, numbers, strings. */
function compareValues(left: FacetValue, right: FacetValue): number {
  if (typeof left !== typeof right) return typeof left < typeof right ? -1 : 1;
  if (typeof left === 'string') return compareUtf8(left, String(right));
  return Number(left) - Number(right);
}
