import type { Filter } from '../../domain/filter.ts';
import { createRandom } from '../statistics/seeded-random.ts';
import { type SyntheticTenant, shareKey, shares, textOf, vectorOf } from './synthetic-corpus.ts';

/** One search of the load: the same for each target. */
export interface LoadedSearch {
  readonly tenantId: string;
  readonly text: string;
  /** For a target that embeds nothing. */
  readonly vector: Float32Array;
  readonly selectivity: number;
  readonly filter?: Filter;
}

const wordsPerQuery = 5;
const prepared = 2_000;

/** Searches by tenants as they have chunks, and filters in turns; each text comes once in some 200,000. */
export function prepareLoad(
  tenants: readonly SyntheticTenant[],
  selectivities: readonly number[],
  dimensions: number,
  seed = 1,
): (request: number) => LoadedSearch {
  const random = createRandom(seed);
  const total = tenants.reduce((sum, { chunks }) => sum + chunks, 0);
  const searches = Array.from({ length: prepared }, (_, at): LoadedSearch => {
    const tenant = tenantAt(tenants, random() * total);
    const selectivity = selectivities[at % selectivities.length]!;
    const filter = filterOf(selectivity);
    return {
      tenantId: tenant.tenantId,
      text: textOf(random, wordsPerQuery),
      vector: vectorOf(random, dimensions),
      selectivity,
      ...(filter !== undefined && { filter }),
    };
  });
  return (request) => {
    const search = searches[request % prepared]!;
    const round = Math.floor(request / prepared);
    // The same words find the same in any order, and are another query to what keeps vectors of queries.
    return round === 0 ? search : { ...search, text: reordered(search.text.split(' '), round).join(' ') };
  };
}

/** The n-th order of the words, of as many as there are (by factorial digits). */
function reordered(words: string[], n: number): string[] {
  let rest = n;
  for (let left = words.length; left > 1; left -= 1) {
    const at = rest % left;
    rest = Math.floor(rest / left);
    [words[left - 1], words[at]] = [words[at]!, words[left - 1]!];
  }
  return words;
}

/** Lets that share of the documents through; undefined for all. */
export function filterOf(selectivity: number): Filter | undefined {
  if (selectivity >= 1) return undefined;
  return { lessThan: { key: shareKey, value: Math.max(1, Math.round(selectivity * shares)) } };
}

/** The tenant of the n-th of all chunks. */
function tenantAt(tenants: readonly SyntheticTenant[], chunk: number): SyntheticTenant {
  let before = 0;
  for (const tenant of tenants) {
    before += tenant.chunks;
    if (chunk < before) return tenant;
  }
  return tenants.at(-1)!;
}
