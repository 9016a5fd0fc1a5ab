import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { calendarIntervals } from '../../domain/calendar.ts';
import type { Metadata, MetadataValue } from '../../domain/document.ts';
import type { Filter } from '../../domain/filter.ts';
import type { Scope } from '../../domain/scope.ts';
import type { FacetBucket, FacetRequest, FacetResult } from '../../domain/search.ts';
import type { CurrentSubject } from './contract-subject.ts';
import { type DocumentSketch, storeDocuments } from './document-builder.ts';
import { awkwardNumbers, awkwardStrings } from './filter-arbitraries.ts';
import { facetOf, matchesFilter } from './oracle.ts';
import { freshTenant, scopes } from './scopes.ts';

const timeoutMs = 120_000;

/** Facets: exact counts over distinct documents, equal to the oracle's. */
export function describeFacets(subject: CurrentSubject): void {
  describe('facets', () => {
    describe('against the oracle', () => {
      const corpus = generateCorpus();
      let scope: Scope;
      beforeAll(async () => {
        scope = scopes.reader(freshTenant());
        await storeDocuments(subject(), scope, corpus);
      }, timeoutMs);

      const texts: Record<string, string | undefined> = {
        'of all documents': undefined,
        'of documents that match the text': 'even',
      };
      it.each(Object.entries(texts))(
        'counts %s as the oracle does',
        async (_, text) => {
          const requests = fc.array(facetArbitrary, { minLength: 1, maxLength: 6 });
          await fc.assert(
            fc.asyncProperty(requests, filterArbitrary, async (facets, filter) => {
              const { facets: found } = await subject().engine.find(scope, {
                facets,
                ...(filter !== undefined && { filter }),
                ...(text !== undefined && {
                  lexical: { text, fields: { title: 1, text: 1 }, candidates: 1 },
                  facetsMatchText: true,
                }),
              });
              const counted = corpus
                .filter(
                  ({ chunks }) => text === undefined || chunks!.some((chunk) => String(chunk).includes(text)),
                )
                .map(({ metadata }) => metadata!)
                .filter((metadata) => filter === undefined || matchesFilter(filter, metadata));
              expect(found.map(rounded)).toEqual(facets.map((facet) => rounded(facetOf(facet, counted))));
            }),
            { numRuns: 60 },
          );
        },
        timeoutMs,
      );
    });

    const store = async (sketches: readonly DocumentSketch[]) => {
      const scope = scopes.reader(freshTenant());
      await storeDocuments(subject(), scope, sketches);
      return scope;
    };
    const facetsOf = async (scope: Scope, ...facets: FacetRequest[]) =>
      (await subject().engine.find(scope, { facets })).facets;

    it('counts a document once, however many chunks or equal list members it has', async () => {
      const scope = await store([
        {
          documentId: 'a',
          chunks: ['x 1', 'x 2', 'x 3'],
          metadata: { tag: ['red', 'red', 'blue'], year: 2001 },
        },
        { documentId: 'b', chunks: ['x 1', 'y 2'], metadata: { tag: 'red', year: 2001 } },
      ]);
      const facets: FacetRequest[] = [{ key: 'tag' }, { key: 'year' }];
      const expected: FacetResult[] = [
        {
          key: 'tag',
          values: [
            { value: 'red', documents: 2 },
            { value: 'blue', documents: 1 },
          ],
        },
        { key: 'year', values: [{ value: 2001, documents: 2 }] },
      ];
      expect(await facetsOf(scope, ...facets)).toEqual(expected);
      const ofText = await subject().engine.find(scope, {
        lexical: { text: 'x', fields: { title: 1, text: 1 }, candidates: 1 },
        facets,
        facetsMatchText: true,
      });
      expect(ofText.facets).toEqual(expected);
    });

    it('counts what the text matches only where it is asked to', async () => {
      const scope = await store([
        { documentId: 'a', title: 'needle', chunks: ['x'], metadata: { k: 'in title' } },
        { documentId: 'b', chunks: ['hay', 'needle'], metadata: { k: 'in text' } },
        { documentId: 'c', chunks: ['hay'], metadata: { k: 'nowhere' } },
      ]);
      const lexical = { text: 'needle', fields: { title: 1, text: 1 }, candidates: 1 };
      const values = async (query: object) => {
        const { facets } = await subject().engine.find(scope, { lexical, facets: [{ key: 'k' }], ...query });
        const facet = facets[0]!;
        return 'values' in facet ? facet.values.map(({ value }) => value) : [];
      };
      expect(await values({})).toEqual(['in text', 'in title', 'nowhere']);
      expect(await values({ facetsMatchText: true })).toEqual(['in text', 'in title']);
      expect(
        await values({ facetsMatchText: true, lexical: { ...lexical, fields: { title: 0, text: 1 } } }),
      ).toEqual(['in text']);
      expect(await values({ facetsMatchText: true, lexical: { ...lexical, text: 'absent' } })).toEqual([]);
      expect(await values({ facetsMatchText: true, lexical: { ...lexical, text: '...' } })).toEqual([]);
    });

    it('orders terms by count, then type, then value, and cuts after that', async () => {
      const values: MetadataValue[] = [
        true,
        false,
        true,
        10,
        9,
        -1,
        'b',
        'a',
        '10',
        '\uff5e',
        '😀',
        '',
        ['z', 'a'],
      ];
      const scope = await store(values.map((k, at) => ({ documentId: `${at}`, metadata: { k } })));
      const expected = [
        { value: true, documents: 2 },
        { value: 'a', documents: 2 },
        { value: false, documents: 1 },
        ...[-1, 9, 10, '', '10', 'b', 'z', '\uff5e', '😀'].map((value) => ({ value, documents: 1 })),
      ];
      expect(await facetsOf(scope, { key: 'k', size: 1_000 })).toEqual([{ key: 'k', values: expected }]);
      expect(await facetsOf(scope, { key: 'k' })).toEqual([{ key: 'k', values: expected.slice(0, 10) }]);
      for (const size of [1, 2, 3, 5, 11]) {
        expect(await facetsOf(scope, { key: 'k', size })).toEqual([
          { key: 'k', values: expected.slice(0, size) },
        ]);
      }
    });

    it('counts exactly where there are more values than are returned', async () => {
      const scope = await store(
        Array.from({ length: 120 }, (_, at) => ({
          documentId: `${at}`,
          metadata: { k: `value ${at % 40}`, n: at % 40 },
        })),
      );
      const [strings, numbers] = await facetsOf(scope, { key: 'k', size: 1 }, { key: 'n', size: 2 });
      expect(strings).toEqual({ key: 'k', values: [{ value: 'value 0', documents: 3 }] });
      expect(numbers).toEqual({
        key: 'n',
        values: [
          { value: 0, documents: 3 },
          { value: 1, documents: 3 },
        ],
      });
    });

    it('puts numbers in buckets from 0 downwards and upwards, and leaves empty ones out', async () => {
      const numbers = [-10, -0.5, -0, 0, 9.99, 10, 25, 1_000_000];
      const scope = await store([
        ...numbers.map((n, at) => ({ documentId: `${at}`, metadata: { n } })),
        { documentId: 'text', metadata: { n: '5' } },
      ]);
      expect(await facetsOf(scope, { key: 'n', histogram: 10 })).toEqual([
        {
          key: 'n',
          histogram: [
            { from: -10, documents: 2 },
            { from: 0, documents: 3 },
            { from: 10, documents: 1 },
            { from: 20, documents: 1 },
            { from: 1_000_000, documents: 1 },
          ],
        },
      ]);
    });

    it('gives each range, empty ones too, with its lower bound included', async () => {
      const scope = await store(
        [1999, 2000, 2009.5, 2010].map((n, at) => ({ documentId: `${at}`, metadata: { n } })),
      );
      expect(
        await facetsOf(scope, { key: 'n', ranges: [2000, 2010, 2020] }, { key: 'n', ranges: [0] }),
      ).toEqual([
        {
          key: 'n',
          ranges: [
            { to: 2000, documents: 1 },
            { from: 2000, to: 2010, documents: 2 },
            { from: 2010, to: 2020, documents: 1 },
            { from: 2020, documents: 0 },
          ],
        },
        {
          key: 'n',
          ranges: [
            { to: 0, documents: 0 },
            { from: 0, documents: 4 },
          ],
        },
      ]);
    });

    it('counts facets inside one another, of a document with many chunks and list members too', async () => {
      const scope = await store([
        {
          documentId: 'a',
          chunks: ['x', 'y'],
          metadata: { tag: ['red', 'blue'], year: 2001, when: '2024-01-31' },
        },
        { documentId: 'b', metadata: { tag: 'red', year: 2001, when: '2024-02-01' } },
        { documentId: 'c', metadata: { tag: 'red', year: 2002, when: '2024-02-29' } },
        { documentId: 'd', metadata: { tag: 'green', when: '2024-02-29' } },
      ]);
      const month = { key: 'when', dates: { interval: 'month' } } as const;
      const [facet] = await facetsOf(scope, {
        key: 'tag',
        size: 2,
        facets: [{ key: 'year', facets: [month] }],
      });
      const january = { from: '2024-01-01', documents: 1 };
      const february = { from: '2024-02-01', documents: 1 };
      const monthsOf = (...dates: object[]) => ({ facets: [{ key: 'when', dates }] });
      expect(facet).toEqual({
        key: 'tag',
        values: [
          {
            value: 'red',
            documents: 3,
            facets: [
              {
                key: 'year',
                values: [
                  { value: 2001, documents: 2, ...monthsOf(january, february) },
                  { value: 2002, documents: 1, ...monthsOf(february) },
                ],
              },
            ],
          },
          {
            value: 'blue',
            documents: 1,
            facets: [{ key: 'year', values: [{ value: 2001, documents: 1, ...monthsOf(january) }] }],
          },
        ],
      });
    });

    it('counts days by the clocks of the zone', async () => {
      const scope = await store([
        { documentId: 'before', metadata: { when: '2024-03-30T22:59:59Z' } },
        { documentId: 'short day', metadata: { when: '2024-03-31T21:59:59Z' } },
        { documentId: 'after', metadata: { when: '2024-03-31T22:00:00Z' } },
        { documentId: 'plain', metadata: { when: '2024-03-31' } },
        { documentId: 'number', metadata: { when: Date.parse('2024-03-30T23:00:00Z') } },
      ]);
      const dates = { interval: 'day', timeZone: 'Europe/Berlin' } as const;
      expect(await facetsOf(scope, { key: 'when', dates })).toEqual([
        {
          key: 'when',
          dates: [
            { from: '2024-03-30', documents: 1 },
            { from: '2024-03-31', documents: 3 },
            { from: '2024-04-01', documents: 1 },
          ],
        },
      ]);
    });

    it('counts inside one another only what the scope may read', async () => {
      const tenantId = freshTenant();
      await storeDocuments(subject(), scopes.reader(tenantId), [
        { documentId: 'open', metadata: { k: 'a', n: 1 } },
        { documentId: 'shut', metadata: { k: 'a', n: 2 }, access: { allow: ['user:other'] } },
      ]);
      const facets: FacetRequest[] = [{ key: 'k', facets: [{ key: 'n' }] }];
      const { facets: found } = await subject().engine.find(scopes.reader(tenantId), { facets });
      const inside = [{ key: 'n', values: [{ value: 1, documents: 1 }] }];
      expect(found).toEqual([{ key: 'k', values: [{ value: 'a', documents: 1, facets: inside }] }]);
    });

    it('answers for a tenant that does not exist as for one without documents', async () => {
      const scope = scopes.reader(freshTenant());
      const facets: FacetRequest[] = [
        { key: 'k', facets: [{ key: 'n' }] },
        { key: 'n', ranges: [0], facets: [{ key: 'when', dates: { interval: 'year' } }] },
      ];
      const none = { documents: 0, facets: [{ key: 'when', dates: [] }] };
      expect(await facetsOf(scope, ...facets)).toEqual([
        { key: 'k', values: [] },
        {
          key: 'n',
          ranges: [
            { to: 0, ...none },
            { from: 0, ...none },
          ],
        },
      ]);
    });

    it('gives statistics over numbers only', async () => {
      const scope = await store(
        [3, -1.5, '7', true, ['9'], 0].map((n, at) => ({ documentId: `${at}`, metadata: { n } as Metadata })),
      );
      expect(
        await facetsOf(scope, { key: 'n', statistics: true }, { key: 'absent', statistics: true }),
      ).toEqual([
        { key: 'n', statistics: { documents: 3, minimum: -1.5, maximum: 3, mean: 0.5, sum: 1.5 } },
        { key: 'absent', statistics: { documents: 0, sum: 0 } },
      ]);
    });

    it('answers in numbers that JSON holds where those of the documents leave its range', async () => {
      const scope = await store(
        [1e308, 1.5e308, -1e308, 4].map((n, at) => ({
          documentId: `${at}`,
          metadata: { n, sign: n > 4 ? 'large' : 'other' } as Metadata,
        })),
      );
      const large = { documents: 2, minimum: 1e308, maximum: 1.5e308 };
      const sum = Number.MAX_VALUE;
      const statistics: FacetRequest = { key: 'n', statistics: true };
      const histogram: FacetRequest = { key: 'n', histogram: 0.1 };
      const buckets = { key: 'n', histogram: [{ from: 4, documents: 1 }] };
      const filter = { equals: { key: 'sign', value: 'large' } };
      const { facets } = await subject().engine.find(scope, { filter, facets: [statistics] });
      expect(facets).toEqual([{ key: 'n', statistics: { ...large, mean: sum / 2, sum } }]);
      const [flat, tree] = await facetsOf(scope, histogram, {
        key: 'sign',
        facets: [statistics, histogram],
      });
      expect(flat).toEqual(buckets);
      expect(tree).toMatchObject({
        values: [
          { value: 'large', facets: [{ statistics: { mean: sum / 2, sum } }, { histogram: [] }] },
          { value: 'other', facets: [{ statistics: { documents: 2 } }, buckets] },
        ],
      });
    });
  });
}

const keys = ['kind', 'a.b', 'ключ', 'price', 'when', 'absent'];
const zones = ['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kathmandu', 'Pacific/Apia', '-03:30'];
/** Each side of a midnight, of a change of the clocks, of a year, of a week; and what is no date. */
const moments: MetadataValue[] = [
  '2024-02-29',
  '2023-02-29',
  '2024-12-30',
  '2021-01-03',
  '1899-12-31',
  '1875-06-15T12:00:00Z',
  '0044-03-15',
  '2024-03-31T00:30:00Z',
  '2024-03-31T01:30:00+01:00',
  '2024-03-30T23:30:00Z',
  '2024-10-27T00:30:00+02:00',
  '2024-10-26T22:30:00.999999999Z',
  '2024-10-26T21:59:59,999Z',
  '2024-01-01 00:15',
  '2024-01-01 00:15:30+05:45',
  '2011-12-30T08:00:00Z',
  '2024-13-01',
  '2024-04-31',
  '2024-01-01T24:00',
  '2024-01-01T10:00:60Z',
  '2024-1-1',
  '2024-01-01T10:00z',
  '2024-01-01\n',
  'yesterday',
  1_711_846_800_000,
  1_711_846_799_999.5,
  -86_400_001,
  0,
  9e15,
  ['2024-05-01', '2024-05-31', '2024-06-01', 'never'],
  ['2024-05-02T23:00:00-05:00'],
  true,
];
const price = fc.constantFrom(-100, -10, -2.5, -0, 0, 0.05, 0.1, 1, 2.5, 9.99, 10, 19, 20, 1_999, 2_000);

function generateCorpus(): DocumentSketch[] {
  const value: fc.Arbitrary<MetadataValue> = fc.oneof(
    fc.constantFrom(...awkwardStrings.slice(0, 30)),
    fc.constantFrom(...awkwardNumbers),
    fc.boolean(),
    fc.array(fc.constantFrom('a', 'b', '', '1', '😀'), { maxLength: 5 }),
  );
  const metadata: fc.Arbitrary<Metadata> = fc
    .tuple(
      fc.array(fc.tuple(fc.constantFrom('kind', 'a.b', 'ключ'), value), { maxLength: 4 }),
      fc.oneof({ weight: 5, arbitrary: price }, { weight: 1, arbitrary: fc.constantFrom('10', true) }),
    )
    .map(([entries, amount]) => Object.fromEntries([...entries, ['price', amount]]));
  const [drawn] = fc.sample(fc.array(metadata, { minLength: 64, maxLength: 64 }), { seed: 7, numRuns: 1 });
  return drawn!.map((held, at) => ({
    documentId: `document ${at}`,
    metadata: { ...held, when: moments[at % moments.length]! },
    chunks: at % 2 === 0 ? ['even one', 'even two', 'other'] : ['odd one', 'odd two'],
  }));
}

/** Facets, each with others inside it while `depth` lasts. */
function facetsOfDepth(depth: number): fc.Arbitrary<FacetRequest> {
  const inside: fc.Arbitrary<{ facets?: FacetRequest[] }> =
    depth <= 1
      ? fc.constant({})
      : fc.oneof(
          fc.constant({}),
          fc.array(facetsOfDepth(depth - 1), { minLength: 1, maxLength: 2 }).map((facets) => ({ facets })),
        );
  const buckets = fc.oneof(
    fc.record(
      { key: fc.constantFrom(...keys), size: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.constant(1_000)) },
      { requiredKeys: ['key'] },
    ),
    fc.record({
      key: fc.constantFrom('price', 'absent'),
      histogram: fc.constantFrom(0.1, 0.25, 1, 2.5, 3, 10, 1_000),
    }),
    fc
      .uniqueArray(fc.oneof(price, fc.integer({ min: -50, max: 50 })), { minLength: 1, maxLength: 8 })
      .map((bounds) => [...new Set(bounds.map((bound) => bound + 0))].sort((left, right) => left - right))
      .chain((ranges) =>
        fc.record({ key: fc.constantFrom('price', 'kind', 'absent'), ranges: fc.constant(ranges) }),
      ),
    fc.record({
      key: fc.constantFrom('when', 'when', 'price', 'absent'),
      dates: fc.record(
        { interval: fc.constantFrom(...calendarIntervals), timeZone: fc.constantFrom(...zones) },
        { requiredKeys: ['interval'] },
      ),
    }),
  );
  return fc.oneof(
    { weight: 4, arbitrary: fc.tuple(buckets, inside).map(([facet, more]) => ({ ...facet, ...more })) },
    {
      weight: 1,
      arbitrary: fc.record({
        key: fc.constantFrom('price', 'absent'),
        statistics: fc.constant(true as const),
      }),
    },
  );
}

const facetArbitrary = facetsOfDepth(3);

const filterArbitrary: fc.Arbitrary<Filter | undefined> = fc.constantFrom<(Filter | undefined)[]>(
  undefined,
  { greaterThan: { key: 'price', value: 1 } },
  { notEquals: { key: 'kind', value: 'a' } },
  { listContains: { key: 'kind', value: 'a' } },
  { orAll: [{ startsWith: { key: 'a.b', value: 'a' } }, { equals: { key: 'price', value: 10 } }] },
  { equals: { key: 'absent', value: 1 } },
);

/** Sums depend on the order of addition in their last digits, so numbers that are computed are compared to 9 digits. */
function rounded(facet: FacetResult): FacetResult {
  const round = (value: number) => Number(value.toPrecision(12)) + 0;
  const inside = <Bucket extends FacetBucket>(bucket: Bucket): Bucket =>
    bucket.facets === undefined ? bucket : { ...bucket, facets: bucket.facets.map(rounded) };
  if ('histogram' in facet) {
    return {
      ...facet,
      histogram: facet.histogram.map((bucket) => inside({ ...bucket, from: round(bucket.from) })),
    };
  }
  if ('statistics' in facet) {
    const { statistics } = facet;
    const { mean } = statistics;
    const computed = { sum: round(statistics.sum), ...(mean !== undefined && { mean: round(mean) }) };
    return { ...facet, statistics: { ...statistics, ...computed } };
  }
  if ('ranges' in facet) return { ...facet, ranges: facet.ranges.map(inside) };
  if ('dates' in facet) return { ...facet, dates: facet.dates.map(inside) };
  return { ...facet, values: facet.values.map(inside) };
}
