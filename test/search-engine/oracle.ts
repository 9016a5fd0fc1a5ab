import type { Access } from '../../domain/access.ts';
import type { Metadata, MetadataValue } from '../../domain/document.ts';
import type { Filter, FilterValue } from '../../domain/filter.ts';
import type { Scope } from '../../domain/scope.ts';
import type { DatePeriods, FacetBucket, FacetRequest, FacetResult } from '../../domain/search.ts';

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
  const numberOf = (document: Metadata): number | undefined => {
    const value = heldValue(document, key);
    return typeof value === 'number' ? value + 0 : undefined;
  };
  if ('statistics' in request) {
    const numbers = documents.map(numberOf).filter((value) => value !== undefined);
    const total = numbers.reduce((sum, value) => sum + value, 0);
    const sum = Number.isFinite(total) ? total : Math.sign(total) * Number.MAX_VALUE;
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
  const bucketOf = (holds: (document: Metadata) => boolean): FacetBucket => {
    const inside = documents.filter(holds);
    const { facets } = request;
    return {
      documents: inside.length,
      ...(facets !== undefined && { facets: facets.map((child) => facetOf(child, inside)) }),
    };
  };
  if ('histogram' in request) {
    const startOf = (document: Metadata): number | undefined => {
      const value = numberOf(document);
      if (value === undefined) return undefined;
      const start = Math.floor(value / request.histogram) * request.histogram + 0;
      return Number.isFinite(start) ? start : undefined;
    };
    const starts = [...new Set(documents.map(startOf))].filter((start) => start !== undefined);
    starts.sort((left, right) => left - right);
    return {
      key,
      histogram: starts.map((from) => ({ from, ...bucketOf((document) => startOf(document) === from) })),
    };
  }
  if ('ranges' in request) {
    const bounds = [undefined, ...request.ranges, undefined];
    const ranges = bounds.slice(1).map((to, at) => {
      const from = bounds[at];
      const isInside = (document: Metadata): boolean => {
        const value = numberOf(document);
        return (
          value !== undefined && !(from !== undefined && value < from) && !(to !== undefined && value >= to)
        );
      };
      return { ...(from !== undefined && { from }), ...(to !== undefined && { to }), ...bucketOf(isInside) };
    });
    return { key, ranges };
  }
  if ('dates' in request) {
    const periodsOf = (document: Metadata): string[] =>
      termsOf(document, key)
        .map((term) => periodOf(term, request.dates))
        .filter((period) => period !== undefined);
    const periods = [...new Set(documents.flatMap(periodsOf))].sort();
    return {
      key,
      dates: periods.map((from) => ({ from, ...bucketOf((document) => periodsOf(document).includes(from)) })),
    };
  }
  // A Set takes −0 and 0 for the same, as the engines must.
  const terms = [...new Set(documents.flatMap((document) => termsOf(document, key)))];
  const ranked = terms.map((value) => ({
    value: value === 0 ? 0 : value,
    ...bucketOf((document) => new Set(termsOf(document, key)).has(value)),
  }));
  ranked.sort((left, right) => right.documents - left.documents || compareTerms(left.value, right.value));
  return { key, values: ranked.slice(0, request.size ?? 10) };
}

function termsOf(document: Metadata, key: string): readonly FilterValue[] {
  const value = heldValue(document, key);
  if (value === undefined) return [];
  return isList(value) ? value : [value];
}

/** By the platform's own reading and writing of dates, and not by arithmetic of days. */
function periodOf(term: FilterValue, { interval, timeZone = 'UTC' }: DatePeriods): string | undefined {
  const date = localDateOf(term, timeZone);
  if (date === undefined) return undefined;
  const [year, month] = [date.slice(0, 4), Number(date.slice(5, 7))];
  if (interval === 'year') return `${year}-01-01`;
  if (interval === 'quarter') return `${year}-${['01', '04', '07', '10'][Math.ceil(month / 3) - 1]}-01`;
  if (interval === 'month') return `${date.slice(0, 7)}-01`;
  const day = new Date(`${date}T00:00:00Z`);
  while (interval === 'week' && day.getUTCDay() !== 1) day.setUTCDate(day.getUTCDate() - 1);
  return day.toISOString().slice(0, 10);
}

function localDateOf(term: FilterValue, timeZone: string): string | undefined {
  const inZone = (instant: number): string =>
    new Date(instant).toLocaleDateString('sv-SE', { timeZone }).padStart(10, '0');
  if (typeof term === 'number') {
    const isInYears = term >= Date.parse('0001-01-02T00:00Z') && term < Date.parse('9999-12-31T00:00Z');
    return isInYears ? inZone(Math.floor(term)) : undefined;
  }
  if (typeof term !== 'string') return undefined;
  const isWellFormed =
    /^\d{4}-\d\d-\d\d([T ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d([.,]\d{1,9})?)?(Z|[+-]([01]\d):[0-5]\d)?)?$/.test(
      term,
    );
  const date = term.slice(0, 10);
  if (!isWellFormed) return undefined;
  const midnight = Date.parse(`${date}T00:00:00Z`);
  if (Number.isNaN(midnight) || new Date(midnight).toISOString().slice(0, 10) !== date) return undefined;
  if (!/[Z+]|-\d\d:\d\d$/.test(term.slice(10))) return date;
  return inZone(Date.parse(term.replace(' ', 'T').replace(',', '.')));
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
