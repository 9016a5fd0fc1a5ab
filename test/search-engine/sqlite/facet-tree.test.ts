import { expect, it } from 'vitest';
import { InvalidInput } from '../../../domain/errors.ts';
import { countFacetTree, type FacetValues } from '../../../search-engine/sqlite/facet-tree.ts';

const documents = Array.from({ length: 400 }, (_, at) => at);
const values: FacetValues = new Map<string, Map<number, (string | number)[]>>([
  ['a', new Map(documents.map((at) => [at, [at]]))],
  ['b', new Map(documents.map((at) => [at, ['x', 'y', 'z']]))],
]);

it('countFacetTree counts what fits into 65,535 buckets and refuses what does not', () => {
  const inside = [{ key: 'b' }];
  const [facet] = countFacetTree([{ key: 'a', histogram: 1, facets: inside }], values, documents);
  expect(facet).toMatchObject({ histogram: { length: 400 } });
  const many = Array.from({ length: 50 }, () => ({ key: 'a', histogram: 1, facets: inside }));
  expect(() => countFacetTree(many, values, documents)).toThrow(InvalidInput);
});
