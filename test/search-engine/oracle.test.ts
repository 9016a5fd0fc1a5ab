import { describe, expect, it } from 'vitest';
import type { FacetRequest } from '../../domain/search.ts';
import { filterCaseDocuments, filterCases } from './filter-cases.ts';
import { compareBytes, cosine, facetOf, isReadable, matchesFilter, nearestOf } from './oracle.ts';
import { scopes } from './scopes.ts';

describe('matchesFilter', () => {
  it.each(filterCases)('$name', ({ filter, finds }) => {
    const found = Object.entries(filterCaseDocuments)
      .filter(([, metadata]) => matchesFilter(filter, metadata))
      .map(([documentId]) => documentId);
    expect(new Set(found)).toEqual(new Set(finds));
  });

  it('does not take what objects inherit for metadata', () => {
    expect(matchesFilter({ notEquals: { key: 'toString', value: 'x' } }, {})).toBe(true);
    expect(facetOf({ key: 'constructor' }, [{}])).toEqual({ key: 'constructor', values: [] });
  });
});

describe('isReadable', () => {
  it('lets deny win over allow, and an operator past both', () => {
    const access = { allow: ['user:a'], deny: ['group:g'] };
    expect(isReadable(scopes.reader('t', ['user:a']), access)).toBe(true);
    expect(isReadable(scopes.reader('t', ['user:a', 'group:g']), access)).toBe(false);
    expect(isReadable(scopes.operator('t'), access)).toBe(true);
    expect(isReadable(scopes.reader('t'), { allow: [] })).toBe(false);
    expect(isReadable(scopes.reader('t'), undefined)).toBe(true);
    expect(isReadable(scopes.reader('strict-t', ['user:a']), undefined)).toBe(false);
  });
});

describe('facetOf', () => {
  const documents = [
    { k: 1 },
    { k: -0.5 },
    { k: '1' },
    { k: ['x', 'x', '1'] },
    { k: true },
    { k: -0 },
    { k: 0 },
    {},
  ];
  it.each<[string, FacetRequest, unknown]>([
    [
      'terms by count, type and value',
      { key: 'k' },
      {
        values: [
          { value: 0, documents: 2 },
          { value: '1', documents: 2 },
          { value: true, documents: 1 },
          { value: -0.5, documents: 1 },
          { value: 1, documents: 1 },
          { value: 'x', documents: 1 },
        ],
      },
    ],
    ['the first of them', { key: 'k', size: 1 }, { values: [{ value: 0, documents: 2 }] }],
    [
      'a histogram of its numbers',
      { key: 'k', histogram: 0.5 },
      {
        histogram: [
          { from: -0.5, documents: 1 },
          { from: 0, documents: 2 },
          { from: 1, documents: 1 },
        ],
      },
    ],
    [
      'ranges with their lower bounds included',
      { key: 'k', ranges: [0, 1] },
      {
        ranges: [
          { to: 0, documents: 1 },
          { from: 0, to: 1, documents: 2 },
          { from: 1, documents: 1 },
        ],
      },
    ],
    [
      'statistics of its numbers',
      { key: 'k', statistics: true },
      { statistics: { documents: 4, minimum: -0.5, maximum: 1, mean: 0.125, sum: 0.5 } },
    ],
    [
      'empty statistics of an absent key',
      { key: 'absent', statistics: true },
      { statistics: { documents: 0, sum: 0 } },
    ],
  ])('counts %s', (_, request, expected) => {
    expect(facetOf(request, documents)).toEqual({ key: request.key, ...(expected as object) });
  });
});

describe('compareBytes', () => {
  it('puts astral characters after all others, as UTF-8 does and UTF-16 does not', () => {
    expect(['😀', '\uff5e', 'a', '', 'Z', 'aa'].sort(compareBytes)).toEqual([
      '',
      'Z',
      'a',
      'aa',
      '\uff5e',
      '😀',
    ]);
  });
});

describe('nearestOf', () => {
  it('orders by cosine, then documentId, then ordinal', () => {
    const vector = Float32Array.of(1, 0);
    const chunks = [
      { documentId: 'b', ordinal: 0, vector: Float32Array.of(1, 0) },
      { documentId: 'a', ordinal: 10, vector: Float32Array.of(2, 0) },
      { documentId: 'a', ordinal: 2, vector: Float32Array.of(1, 0) },
      { documentId: 'far', ordinal: 0, vector: Float32Array.of(-1, 0) },
      { documentId: 'near', ordinal: 0, vector: Float32Array.of(0.6, 0.8) },
    ];
    expect(nearestOf(vector, chunks, 4).map(({ documentId, ordinal }) => `${documentId}${ordinal}`)).toEqual([
      'a2',
      'a10',
      'b0',
      'near0',
    ]);
    expect(cosine(Float32Array.of(0.6, 0.8), vector)).toBeCloseTo(0.6, 6);
    expect(cosine(vector, Float32Array.of(-1, 0))).toBe(-1);
  });
});
