import type { Access } from '../../domain/access.ts';
import type { Metadata, MetadataValue } from '../../domain/document.ts';
import type { Filter, FilterValue } from '../../domain/filter.ts';
import type { Scope } from '../../domain/scope.ts';
import type { FacetRequest, FacetResult } from '../../domain/search.ts';

// What the engines must answer, written straight from the documented semantics and from no other code of Braid.

/** Tells whether metadata passes a filter, as documented on `Filter`. */
export function matchesFilter(filter: Filter, metadata: Metadata): boolean {
  if ('andAll' in filter) return filter.andAll.every((child) => matchesFilter(child, metadata));
  if ('orAll' in filter) return filter.orAll.some((child) => matchesFilter(child, metadata));
  if ('equals' in filter) return equals(heldValue(metadata, filter.equals.key), filter.equals.value);
  if ('notEquals' in filter)
    return !equals(heldValue(metadata, filter.notEquals.key), filter.notEquals.value);
  if ('in' in filter) return isIn(heldValue(metadata, filter.in.key), filter.in.value);
  if ('notIn' in filter) return !isIn(heldValue(metadata, filter.notIn.key), filter.notIn.value);
  if ('greaterThan' in filter) {
    return compares(metadata, filter.greaterThan, (order) => order > 0);
  }
  if ('greaterThanOrEquals' in filter) {
    return compares(metadata, filter.greaterThanOrEquals, (order) => order >= 0);
  }
  if ('lessThan' in filter) return compares(metadata, filter.lessThan, (order) => order < 0);
  if ('lessThanOrEquals' in filter) {
    return compares(metadata, filter.lessThanOrEquals, (order) => order <= 0);
  }
  if ('startsWith' in filter) {
    const held = heldValue(metadata, filter.startsWith.key);
    return typeof held === 'string' && held.startsWith(filter.startsWith.value);
  }
  if ('listContains' in filter) {
    const held = heldValue(metadata, filter.listContains.key);
    return Array.isArray(held) && held.includes(filter.listContains.value);
  }
  const held = heldValue(metadata, filter.stringContains.key);
  const texts: readonly unknown[] = Array.isArray(held) ? held : [held];
  return texts.some((text) => typeof text === 'string' && text.includes(filter.stringContains.value));
}

/** Tells whether a document of the scope's tenant may be read, as documented on `Access` and `Scope`. */
export function isReadable(scope: Scope, access: Access | undefined): boolean {
  if (scope.reach === 'operator') return true;
  const held = new Set(scope.principals);
  const isNamed = (list: readonly string[]) => list.some((principal) => held.has(principal));
  if (isNamed(access?.deny ?? [])) return false;
  if (access?.allow) return isNamed(access.allow);
  return !scope.accessRequired;
}

/** The same, and the document has not ended at this time, milliseconds since 1970; an operator is shown it until it goes. */
export function isShown(
  scope: Scope,
  {
    access,
    expiry,
  }: { readonly access?: { readonly value?: Access }; readonly expiry?: { readonly value?: string } },
  nowMs = Date.now(),
): boolean {
  if (!isReadable(scope, access?.value)) return false;
  return (
    scope.reach === 'operator' || expiry?.value === undefined || nowMs < new Date(expiry.value).getTime()
  );
}

/** The facet over these documents' metadata, as documented on `FacetRequest` and `FacetResult`. */
export function facetOf(request: FacetRequest, documents: readonly Metadata[]): FacetResult {
  const { key } = request;
  const values = documents.map((metadata) => heldValue(metadata, key)).filter((value) => value !== undefined);
  const numbers = values
    .filter((value): value is number => typeof value === 'number')
    .map((value) => value + 0);
  if ('histogram' in request) {
    const counts = new Map<number, number>();
    for (const value of numbers) {
      const from = Math.floor(value / request.histogram) * request.histogram + 0;
      counts.set(from, (counts.get(from) ?? 0) + 1);
    }
    const buckets = [...counts].map(([from, count]) => ({ from, documents: count }));
    return { key, histogram: buckets.sort((left, right) => left.from - right.from) };
  }
  if ('ranges' in request) {
    const bounds = [undefined, ...request.ranges, undefined];
    const ranges = bounds.slice(1).map((to, at) => {
      const from = bounds[at];
      const inside = numbers.filter(
        (value) => (from === undefined || value >= from) && (to === undefined || value < to),
      );
      return {
        ...(from !== undefined && { from }),
        ...(to !== undefined && { to }),
        documents: inside.length,
      };
    });
    return { key, ranges };
  }
  if ('statistics' in request) {
    const sum = numbers.reduce((total, value) => total + value, 0);
    if (numbers.length === 0) return { key, statistics: { documents: 0, sum: 0 } };
    return {
      key,
      statistics: {
        documents: numbers.length,
        minimum: Math.min(...numbers),
        maximum: Math.max(...numbers),
        mean: sum / numbers.length,
        sum,
      },
    };
  }
  const counts = new Map<FilterValue, number>();
  for (const value of values) {
    const terms: readonly FilterValue[] = isList(value) ? value : [value];
    // A Map takes −0 and 0 for the same key, as the engines must.
    for (const term of new Set(terms)) counts.set(term, (counts.get(term) ?? 0) + 1);
  }
  const ranked = [...counts].map(([value, count]) => ({ value: value === 0 ? 0 : value, documents: count }));
  ranked.sort((left, right) => right.documents - left.documents || compareTerms(left.value, right.value));
  return { key, values: ranked.slice(0, request.size ?? 10) };
}

/** Below 0, 0 or above 0 by the bytes of UTF-8, which is the order of code points and not of UTF-16. */
export function compareBytes(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}

/** Cosine of the angle between two vectors, computed in double precision. */
export function cosine(left: Float32Array, right: Float32Array): number {
  let dot = 0;
  let leftSquares = 0;
  let rightSquares = 0;
  for (let at = 0; at < left.length; at += 1) {
    dot += left[at]! * right[at]!;
    leftSquares += left[at]! ** 2;
    rightSquares += right[at]! ** 2;
  }
  return dot / Math.sqrt(leftSquares * rightSquares);
}

/** The `count` chunks that are nearest to the vector, by brute force; equal ones by documentId, then ordinal. */
export function nearestOf<C extends { documentId: string; ordinal: number; vector: Float32Array }>(
  vector: Float32Array,
  chunks: readonly C[],
  count: number,
): (C & { readonly score: number })[] {
  return chunks
    .map((chunk) => ({ ...chunk, score: cosine(vector, chunk.vector) }))
    .sort(
      (left, right) =>
        right.score - left.score ||
        compareBytes(left.documentId, right.documentId) ||
        left.ordinal - right.ordinal,
    )
    .slice(0, count);
}

function heldValue(metadata: Metadata, key: string): MetadataValue | undefined {
  return Object.hasOwn(metadata, key) ? metadata[key] : undefined;
}

function isList(value: MetadataValue): value is readonly string[] {
  return Array.isArray(value);
}

function equals(held: MetadataValue | undefined, wanted: FilterValue | readonly string[]): boolean {
  if (held === undefined) return false;
  if (isList(held)) {
    return (
      Array.isArray(wanted) && held.length === wanted.length && held.every((item, at) => item === wanted[at])
    );
  }
  return held === wanted;
}

function isIn(held: MetadataValue | undefined, wanted: readonly FilterValue[]): boolean {
  return wanted.some((value) => held === value);
}

function compares(
  metadata: Metadata,
  condition: { readonly key: string; readonly value: string | number },
  holds: (order: number) => boolean,
): boolean {
  const held = heldValue(metadata, condition.key);
  const { value } = condition;
  if (typeof held === 'number' && typeof value === 'number') {
    return holds(held < value ? -1 : held > value ? 1 : 0);
  }
  if (typeof held === 'string' && typeof value === 'string') return holds(compareBytes(held, value));
  return false;
}

function compareTerms(left: FilterValue, right: FilterValue): number {
  const types = ['boolean', 'number', 'string'];
  const byType = types.indexOf(typeof left) - types.indexOf(typeof right);
  if (byType !== 0) return byType;
  if (typeof left === 'string') return compareBytes(left, String(right));
  return Number(left) - Number(right);
}
