import { describe, expect, it } from 'vitest';
import { InvalidInput } from '../../domain/errors.ts';
import type { FacetRequest } from '../../domain/search.ts';
import { resolveFacets } from '../../retrieval/resolve-facets.ts';

function nested(depth: number): FacetRequest {
  return depth === 1 ? { key: 'k', size: 1 } : { key: 'k', size: 1, facets: [nested(depth - 1)] };
}

describe('resolveFacets', () => {
  it('fills in sizes and time zones at each depth', () => {
    const dates = { interval: 'week' } as const;
    expect(resolveFacets([{ key: 'a', facets: [{ key: 'b', dates, facets: [{ key: 'c' }] }] }])).toEqual([
      {
        key: 'a',
        size: 10,
        facets: [
          { key: 'b', dates: { interval: 'week', timeZone: 'UTC' }, facets: [{ key: 'c', size: 10 }] },
        ],
      },
    ]);
    expect(resolveFacets(undefined)).toEqual([]);
    expect(resolveFacets([nested(3)])).toEqual([nested(3)]);
  });

  it.each([
    [[nested(4)], 'facets[0].facets[0].facets[0].facets', /at most 3 deep/],
    [[{ key: 'a', statistics: true, facets: [{ key: 'b' }] }], 'facets[0].facets', /has no buckets/],
    [[{ key: 'a', facets: [] }], 'facets[0].facets', /got none/],
    [[{ key: 'a', size: 1, ranges: [1] }], 'facets[0]', /got size, ranges/],
    [[{ key: 'a', dates: { interval: 'hour' } }], 'facets[0].dates.interval', /year or quarter/],
    [[{ key: 'a', dates: { interval: 'day', timeZone: 'Mars' } }], 'facets[0].dates.timeZone', /got "Mars"/],
    [[{ key: 'a', dates: { interval: 'day', zone: 'UTC' } }], 'facets[0].dates.zone', /^Unknown field/],
    [[{ key: 'a', facets: Array(20).fill({ key: 'b' }) }], 'facets', /at most 20, .*got 21/],
    [
      [{ key: 'a', size: 1_000, facets: [{ key: 'b', size: 11 }] }],
      'facets[0]',
      /at most 10000 buckets, got up to 12000/,
    ],
  ])('refuses %j', (facets, field, message) => {
    const refuse = () => resolveFacets(facets as FacetRequest[]);
    expect(refuse).toThrow(InvalidInput);
    expect(refuse).toThrow(expect.objectContaining({ field, message: expect.stringMatching(message) }));
  });
});
