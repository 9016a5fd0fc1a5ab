import { expect, test } from 'vitest';
import { filterOf, prepareLoad } from '../../../benchmarks/latency/search-load.ts';
import { documentsOf, shareKey, tenantsOf } from '../../../benchmarks/latency/synthetic-corpus.ts';

const shape = { chunks: 4_000, tenants: 10, dimensions: 16, chunksPerDocument: 4 };

test('tenantsOf makes the n-th tenant about 1/n as large as the first', () => {
  const tenants = tenantsOf(shape);
  expect(tenants).toHaveLength(10);
  expect(tenants[0]!.chunks / tenants[9]!.chunks).toBeCloseTo(10, 0);
  expect(Math.abs(tenants.reduce((sum, { chunks }) => sum + chunks, 0) - 4_000)).toBeLessThan(50);
});

test('documentsOf makes the same documents each time, vectors of length 1, other ones for another tenant', () => {
  const make = (tenantId: string) => [...documentsOf({ tenantId, chunks: 12 }, shape)];
  expect(make('a')).toEqual(make('a'));
  expect(make('a')[0]!.chunks!.chunks[0]!.vector).not.toEqual(make('b')[0]!.chunks!.chunks[0]!.vector);
  for (const { chunks } of make('a')) {
    for (const { vector } of chunks!.chunks) expect(Math.hypot(...vector)).toBeCloseTo(1, 5);
  }
});

test.each([1, 0.1, 0.01, 0.001])('filterOf lets a share of %d of the documents through', (selectivity) => {
  const documents = [...documentsOf({ tenantId: 'a', chunks: 4_000 }, { ...shape, dimensions: 1 })];
  const filter = filterOf(selectivity);
  const below = filter === undefined ? 1_000 : (filter as { lessThan: { value: number } }).lessThan.value;
  const passing = documents.filter(({ record }) => Number(record.metadata!.value[shareKey]) < below);
  expect(passing.length / documents.length).toBeCloseTo(selectivity, 3);
});

test('prepareLoad asks tenants as they have chunks, and takes the filters in turns', () => {
  const tenants = tenantsOf(shape);
  const load = prepareLoad(tenants, [1, 0.1], 4);
  const searches = Array.from({ length: 2_000 }, (_, at) => load(at));
  const share = searches.filter(({ tenantId }) => tenantId === tenants[0]!.tenantId).length / 2_000;
  expect(share).toBeCloseTo(tenants[0]!.chunks / 4_000, 1);
  expect(searches.filter(({ selectivity }) => selectivity === 0.1)).toHaveLength(1_000);
});

test('prepareLoad asks nothing twice, and the same words for the same place of each round', () => {
  const load = prepareLoad(tenantsOf(shape), [1], 4);
  const asked = Array.from({ length: 20_000 }, (_, at) => load(at));
  const texts = new Set(asked.map(({ tenantId, text }) => `${tenantId} ${text}`));
  // But for texts that hold a word twice, and the few that are drawn twice.
  expect(texts.size).toBeGreaterThan(19_500);
  const words = ({ text }: { readonly text: string }) => text.split(' ').sort();
  expect(words(asked[18_007]!)).toEqual(words(asked[7]!));
});
