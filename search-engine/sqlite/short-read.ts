import type { Filter } from '../../domain/filter.ts';
import type { ChunkReference, FetchOptions, LegsQuery } from '../search-engine.ts';

/** Most candidates of a leg: a thousand take twice the time of a hundred. */
const shortList = 200;
/** Most characters of a query: each word that most chunks have takes as long as the rest of a small tenant's search. */
const shortText = 200;
/** Most conditions of a filter, and values of one: each is looked for in all of a tenant's metadata. */
const shortFilter = 10;
/** Most chunks that are shown. */
const shortPage = 100;

/** Whether a search of a small tenant is over within milliseconds, so that it may hold the event loop. */
export function isShortFind({ lexical, dense, filter, facets = [] }: LegsQuery): boolean {
  if (facets.length > 0) return false;
  if ((lexical?.candidates ?? 0) > shortList || (dense?.candidates ?? 0) > shortList) return false;
  if (lexical !== undefined && lexical.text.length > shortText) return false;
  return filter === undefined || sizeOf(filter) <= shortFilter;
}

/** Whether chunks of a small tenant are read within milliseconds. */
export function isShortFetch(chunks: readonly ChunkReference[], { highlight }: FetchOptions): boolean {
  return highlight === undefined && chunks.length <= shortPage;
}

/** Conditions and the values of their lists. */
function sizeOf(filter: Filter): number {
  if ('andAll' in filter) return filter.andAll.reduce((sum, part) => sum + sizeOf(part), 0);
  if ('orAll' in filter) return filter.orAll.reduce((sum, part) => sum + sizeOf(part), 0);
  const [condition] = Object.values(filter);
  return Array.isArray(condition?.value) ? Math.max(1, condition.value.length) : 1;
}
