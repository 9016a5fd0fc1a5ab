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

/** Searches by tenants as they have chunks, and filters in turns. */
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
  return (request) => searches[request % prepared]!;
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
