import { calendarDate } from '../../domain/calendar.ts';
import { finite } from '../../domain/finite.ts';
import type { FacetBucket, FacetRequest, FacetResult } from '../../domain/search.ts';
import { compareUtf8 } from '../../domain/text-order.ts';
import { periodScript } from './period-script.ts';

/** The most frequent values of each shard are gathered so far; the counts are exact while no shard has more of a key. */
const valuesAShard = 65_000;
/** One above the most buckets that a cluster allows: more periods are refused, never cut. */
const allPeriods = 65_536;
const defaultSize = 10;

type Value = string | number | boolean;

interface Bucket {
  readonly key: string | number;
  readonly doc_count: number;
  /** The documents of the bucket, where facets stand inside it. */
  readonly documents?: Readonly<Record<string, unknown>>;
}

interface Buckets {
  readonly buckets: readonly Bucket[];
}

/** What OpenSearch answers to `facetAggregation`. */
export interface FacetReply {
  readonly key: {
    readonly strings?: Buckets;
    readonly numbers?: Buckets;
    readonly booleans?: Buckets;
    readonly periods?: Buckets;
    readonly statistics?: {
      readonly count: number;
      readonly min: number | null;
      readonly max: number | null;
      readonly sum: number | string;
    };
  };
}

/**
 * Counts nested entries of one key: a document has one, so that they are documents. Facets inside another go back from
 * the entries of each bucket to their documents.
 */
export function facetAggregation(facet: FacetRequest): object {
  return {
    nested: { path: 'metadata' },
    aggs: { key: { filter: { term: { 'metadata.key': facet.key } }, aggs: valueAggregations(facet) } },
  };
}

export function readFacet(facet: FacetRequest, reply: FacetReply | undefined): FacetResult {
  const { key } = facet;
  const { strings, numbers, booleans, periods, statistics } = reply?.key ?? {};
  if ('statistics' in facet) {
    const { count = 0, min, max } = statistics ?? {};
    if (count === 0 || min == null || max == null) return { key, statistics: { documents: 0, sum: 0 } };
    // What is infinite comes as a text.
    const sum = finite(Number(statistics?.sum));
    return { key, statistics: { documents: count, minimum: min, maximum: max, mean: sum / count, sum } };
  }
  const counted = (bucket: Bucket | undefined): FacetBucket => ({
    documents: bucket?.doc_count ?? 0,
    ...(facet.facets !== undefined && {
      facets: facet.facets.map((child, at) =>
        readFacet(child, bucket?.documents?.[String(at)] as FacetReply | undefined),
      ),
    }),
  });
  if ('histogram' in facet) {
    const buckets = (numbers?.buckets ?? []).filter((bucket) => Number.isFinite(Number(bucket.key)));
    return {
      key,
      histogram: buckets.map((bucket) => ({ from: Number(bucket.key) + 0, ...counted(bucket) })),
    };
  }
  if ('ranges' in facet) {
    const buckets = numbers?.buckets ?? [];
    return {
      key,
      ranges: boundsOf(facet.ranges).map((bounds, at) => ({ ...bounds, ...counted(buckets[at]) })),
    };
  }
  if ('dates' in facet) {
    const buckets = periods?.buckets ?? [];
    return {
      key,
      dates: buckets.map((bucket) => ({ from: calendarDate(Number(bucket.key)), ...counted(bucket) })),
    };
  }
  const found: { readonly value: Value; readonly bucket: Bucket }[] = [
    ...(booleans?.buckets ?? []).map((bucket) => ({ value: Number(bucket.key) === 1, bucket })),
    ...(numbers?.buckets ?? []).map((bucket) => ({ value: Number(bucket.key), bucket })),
    ...(strings?.buckets ?? []).map((bucket) => ({ value: String(bucket.key), bucket })),
  ];
  found.sort(
    (left, right) => right.bucket.doc_count - left.bucket.doc_count || compareValues(left.value, right.value),
  );
  return {
    key,
    values: found
      .slice(0, facet.size ?? defaultSize)
      .map(({ value, bucket }) => ({ value, ...counted(bucket) })),
  };
}

function valueAggregations(facet: FacetRequest): object {
  const field = 'metadata.number';
  if ('statistics' in facet) return { statistics: { stats: { field } } };
  const inside = facet.facets === undefined ? {} : { aggs: { documents: documentAggregation(facet.facets) } };
  if ('histogram' in facet) {
    return { numbers: { histogram: { field, interval: facet.histogram, min_doc_count: 1 }, ...inside } };
  }
  if ('ranges' in facet) {
    return { numbers: { range: { field, ranges: boundsOf(facet.ranges) }, ...inside } };
  }
  if ('dates' in facet) {
    const periods = { script: periodScript(facet.dates), value_type: 'long', order: { _key: 'asc' } };
    return { periods: { terms: { ...periods, size: allPeriods }, ...inside } };
  }
  const terms = {
    size: facet.size ?? defaultSize,
    shard_size: valuesAShard,
    order: [{ _count: 'desc' }, { _key: 'asc' }],
  };
  return {
    strings: { terms: { field: 'metadata.term', ...terms }, ...inside },
    numbers: { terms: { field, ...terms }, ...inside },
    booleans: { terms: { field: 'metadata.boolean', ...terms }, ...inside },
  };
}

function documentAggregation(facets: readonly FacetRequest[]): object {
  return {
    reverse_nested: {},
    aggs: Object.fromEntries(facets.map((child, at) => [String(at), facetAggregation(child)])),
  };
}

/** Below the first bound, between neighbours, from the last on. */
function boundsOf(bounds: readonly number[]): { readonly from?: number; readonly to?: number }[] {
  return [undefined, ...bounds].map((from, at) => {
    const to = bounds[at];
    return { ...(from !== undefined && { from }), ...(to !== undefined && { to }) };
  });
}

/** By type, then by value: booleans, numbers, strings. */
function compareValues(left: Value, right: Value): number {
  if (typeof left !== typeof right) return typeof left < typeof right ? -1 : 1;
  if (typeof left === 'string') return compareUtf8(left, String(right));
  return Number(left) - Number(right);
}
