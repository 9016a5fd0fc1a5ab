import { calendarIntervals, isTimeZone } from '../domain/calendar.ts';
import { InvalidInput } from '../domain/errors.ts';
import type { DatePeriods, FacetRequest, SearchRequest } from '../domain/search.ts';
import { checkFields, checkKey, number, oneOf, shown, wholeNumber } from './check-fields.ts';

export const facetLimits = {
  /** Those inside others included. */
  facets: 20,
  depth: 3,
  values: 1_000,
  bounds: 100,
  /** That a facet and those inside it can ask for: the product of their sizes along each way down. */
  buckets: 10_000,
} as const;

/** What each facet has one of at most. */
const kinds = ['size', 'histogram', 'ranges', 'dates', 'statistics'] as const;

/**
 * Checks facets and fills in every default.
 * @throws {InvalidInput} naming the field
 */
export function resolveFacets(given: SearchRequest['facets']): readonly FacetRequest[] {
  if (given === undefined) return [];
  const facets = resolveList(given, 'facets', 1);
  const count = facets.reduce((sum, facet) => sum + countFacets(facet), 0);
  if (count > facetLimits.facets) {
    throw new InvalidInput(
      'facets',
      `Expected facets to be at most ${facetLimits.facets}, those inside others included, got ${count}`,
    );
  }
  for (const [at, facet] of facets.entries()) {
    const buckets = countBuckets(facet);
    if (buckets > facetLimits.buckets) {
      throw new InvalidInput(
        `facets[${at}]`,
        `Expected facets[${at}] to ask for at most ${facetLimits.buckets} buckets, got up to ${buckets}: lower a size`,
      );
    }
  }
  return facets;
}

function resolveList(given: unknown, field: string, depth: number): FacetRequest[] {
  if (depth > facetLimits.depth) {
    throw new InvalidInput(field, `Expected facets to be at most ${facetLimits.depth} deep, got ${field}`);
  }
  if (!Array.isArray(given) || given.length > facetLimits.facets) {
    throw new InvalidInput(field, `Expected ${field} to be a list of at most ${facetLimits.facets}`);
  }
  if (depth > 1 && given.length === 0) {
    throw new InvalidInput(field, `Expected ${field} to have a facet, got none`);
  }
  return given.map((facet, at) => resolveFacet(facet, `${field}[${at}]`, depth));
}

function resolveFacet(facet: Record<string, unknown>, field: string, depth: number): FacetRequest {
  const given = checkFields(facet, field, ['key', ...kinds, 'facets']);
  const { size, histogram, ranges, dates, statistics } = given;
  const key = checkKey(given.key, `${field}.key`);
  const asked = kinds.filter((name) => given[name] !== undefined);
  if (asked.length > 1) {
    throw new InvalidInput(
      field,
      `Expected ${field} to have one of size, histogram, ranges, dates and statistics, got ${asked.join(', ')}`,
    );
  }
  if (statistics !== undefined) {
    if (statistics !== true)
      throw new InvalidInput(`${field}.statistics`, `Expected ${field}.statistics to be true`);
    if (given.facets !== undefined) {
      throw new InvalidInput(
        `${field}.facets`,
        `Expected no ${field}.facets with statistics, which has no buckets`,
      );
    }
    return { key, statistics };
  }
  const inside =
    given.facets === undefined ? {} : { facets: resolveList(given.facets, `${field}.facets`, depth + 1) };
  if (histogram !== undefined) {
    const width = number(histogram, `${field}.histogram`, Number.MIN_VALUE, Number.MAX_VALUE);
    return { key, histogram: width, ...inside };
  }
  if (ranges !== undefined) return { key, ranges: checkBounds(ranges, `${field}.ranges`), ...inside };
  if (dates !== undefined) return { key, dates: resolveDates(dates, `${field}.dates`), ...inside };
  return { key, size: wholeNumber(size ?? 10, `${field}.size`, 1, facetLimits.values), ...inside };
}

function resolveDates(dates: unknown, field: string): Required<DatePeriods> {
  const given = checkFields(dates as Record<string, unknown>, field, ['interval', 'timeZone']);
  const interval = oneOf(given.interval, `${field}.interval`, calendarIntervals);
  const timeZone = given.timeZone ?? 'UTC';
  if (typeof timeZone !== 'string' || !isTimeZone(timeZone)) {
    throw new InvalidInput(
      `${field}.timeZone`,
      `Expected ${field}.timeZone to be UTC, an offset as +05:30, or a zone as Europe/Berlin, got ${shown(timeZone)}`,
    );
  }
  return { interval, timeZone };
}

function checkBounds(bounds: unknown, field: string): readonly number[] {
  const isRising =
    Array.isArray(bounds) &&
    bounds.length >= 1 &&
    bounds.length <= facetLimits.bounds &&
    bounds.every((bound, at) => Number.isFinite(bound) && (at === 0 || bound > bounds[at - 1]));
  if (!isRising) {
    throw new InvalidInput(field, `Expected ${field} to be 1 to ${facetLimits.bounds} rising numbers`);
  }
  return bounds as number[];
}

function insideOf(facet: FacetRequest): readonly FacetRequest[] {
  return 'facets' in facet ? (facet.facets ?? []) : [];
}

function countFacets(facet: FacetRequest): number {
  return insideOf(facet).reduce((sum, child) => sum + countFacets(child), 1);
}

/** Histograms and dates have as many as the documents make, and count as one. */
function countBuckets(facet: FacetRequest): number {
  const inside = insideOf(facet).reduce((sum, child) => sum + countBuckets(child), 1);
  if ('ranges' in facet) return (facet.ranges.length + 1) * inside;
  return 'size' in facet ? (facet.size ?? 1) * inside : inside;
}
