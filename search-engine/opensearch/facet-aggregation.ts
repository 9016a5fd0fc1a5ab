import type { FacetRequest, FacetResult } from '../../domain/search.ts';
import { compareUtf8 } from '../../domain/text-order.ts';

/** The most frequent values of each shard are gathered so far; the counts are exact while no shard has more of a key. */
const valuesAShard = 65_000;
const defaultSize = 10;

type Value = string | number | boolean;

interface Bucket {
  readonly key: string | number;
  readonly doc_count: number;
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
    readonly statistics?: {
      readonly count: number;
      readonly min: number | null;
      readonly max: number | null;
      readonly avg: number | null;
      readonly sum: number;
    };
  };
}

/** Counts nested entries of one key: a document has one, so that they are documents. */
export function facetAggregation(facet: FacetRequest): object {
  return {
    nested: { path: 'metadata' },
    aggs: { key: { filter: { term: { 'metadata.key': facet.key } }, aggs: valueAggregations(facet) } },
  };
}

export function readFacet(facet: FacetRequest, reply: FacetReply | undefined): FacetResult {
  const { key } = facet;
  const { strings, numbers, booleans, statistics } = reply?.key ?? {};
  if ('histogram' in facet) {
    const buckets = numbers?.buckets ?? [];
    return {
      key,
      histogram: buckets.map((bucket) => ({
        from: Number(bucket.key) + 0,
        documents: bucket.doc_count,
      })),
    };
  }
  if ('ranges' in facet) {
    const buckets = numbers?.buckets ?? [];
    return {
      key,
      ranges: boundsOf(facet.ranges).map((bounds, at) => ({
        ...bounds,
        documents: buckets[at]?.doc_count ?? 0,
      })),
    };
  }
  if ('statistics' in facet) {
    const { count = 0, min, max, avg, sum = 0 } = statistics ?? {};
    if (count === 0 || min == null || max == null || avg == null)
      return { key, statistics: { documents: 0, sum: 0 } };
    return { key, statistics: { documents: count, minimum: min, maximum: max, mean: avg, sum } };
  }
  const values = [
    ...(booleans?.buckets ?? []).map((bucket) => counted(bucket, Number(bucket.key) === 1)),
    ...(numbers?.buckets ?? []).map((bucket) => counted(bucket, Number(bucket.key))),
    ...(strings?.buckets ?? []).map((bucket) => counted(bucket, String(bucket.key))),
  ];
  values.sort((left, right) => right.documents - left.documents || compareValues(left.value, right.value));
  return { key, values: values.slice(0, facet.size ?? defaultSize) };
}

function valueAggregations(facet: FacetRequest): object {
  const field = 'metadata.number';
  if ('histogram' in facet) {
    return { numbers: { histogram: { field, interval: facet.histogram, min_doc_count: 1 } } };
  }
  if ('ranges' in facet) {
    return { numbers: { range: { field, ranges: boundsOf(facet.ranges) } } };
  }
  if ('statistics' in facet) return { statistics: { stats: { field } } };
  const terms = {
    size: facet.size ?? defaultSize,
    shard_size: valuesAShard,
    order: [{ _count: 'desc' }, { _key: 'asc' }],
  };
  return {
    strings: { terms: { field: 'metadata.term', ...terms } },
    numbers: { terms: { field, ...terms } },
    booleans: { terms: { field: 'metadata.boolean', ...terms } },
  };
}

/** Below the first bound, between neighbours, from the last on. */
function boundsOf(bounds: readonly number[]): { readonly from?: number; readonly to?: number }[] {
  return [undefined, ...bounds].map((from, at) => {
    const to = bounds[at];
    return { ...(from !== undefined && { from }), ...(to !== undefined && { to }) };
  });
}

function counted({ doc_count }: Bucket, value: Value): { value: Value; documents: number } {
  return { value, documents: doc_count };
}

/** By type, then by value: booleans, numbers, strings. */
function compareValues(left: Value, right: Value): number {
  if (typeof left !== typeof right) return typeof left < typeof right ? -1 : 1;
  if (typeof left === 'string') return compareUtf8(left, String(right));
  return Number(left) - Number(right);
}
