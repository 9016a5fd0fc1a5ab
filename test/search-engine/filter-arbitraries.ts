import fc from 'fast-check';
import type { Metadata, MetadataValue } from '../../domain/document.ts';
import type { Filter, FilterValue } from '../../domain/filter.ts';

/** Keys that a store may trip over: dots, spaces, prefixes of each other, other scripts, the longest allowed. */
export const awkwardKeys = [
  'lang',
  'language',
  'a.b',
  'a',
  'b',
  'two words',
  'ключ',
  '🔑',
  'a"b',
  "a'b",
  '$.x',
  'k'.repeat(100),
];

/** Strings that a store may trip over; few, so that conditions often meet them. */
export const awkwardStrings = [
  '',
  'a',
  'A',
  'ab',
  'abc',
  'b',
  ' a',
  'a ',
  'two words',
  // Would be equal to other values if a store joined lists or coerced types.
  '1',
  '0',
  'true',
  '["a","b"]',
  'a,b',
  'a\u001fb',
  'a\0b',
  '\0',
  'a\nb',
  // What patterns would take for wild cards or quotes.
  '%',
  '_',
  '*',
  'a*',
  '?',
  "it's",
  '"quoted"',
  '\\',
  // Composed and decomposed are different strings.
  'é',
  'e\u0301',
  'ß',
  'SS',
  'İ',
  // In UTF-8 the second is the greater, in UTF-16 the first.
  '\uff5e',
  '😀',
  '😀😀',
  '👩‍👩‍👧',
  'שלום',
  'مرحبا',
  '\u202eabc',
  '\ufeff',
  'x'.repeat(2_048),
] as const;

/** Numbers at the edges of what a double can hold, and near each other. */
export const awkwardNumbers = [
  0,
  -0,
  1,
  -1,
  2,
  10,
  1.5,
  -1.5,
  0.1,
  0.30000000000000004,
  0.3,
  2_000,
  2 ** 53,
  2 ** 53 + 2,
  -(2 ** 53),
  1e21,
  1e308,
  -1e308,
  5e-324,
  -5e-324,
] as const;

const key = fc.constantFrom(...awkwardKeys);
const text = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...awkwardStrings) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 6 }) },
);
const number = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...awkwardNumbers) },
  { weight: 1, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true }) },
);
const list = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom([], [''], ['a'], ['a', 'a'], ['a', 'b'], ['b', 'a'], ['a\0b'], ['a', '']),
  },
  { weight: 1, arbitrary: fc.array(text, { maxLength: 4 }) },
);
const scalar: fc.Arbitrary<FilterValue> = fc.oneof(text, number, fc.boolean());
const value: fc.Arbitrary<MetadataValue> = fc.oneof(text, number, fc.boolean(), list);

/** A part of an awkward string, cut between characters. */
const part = text.chain((whole) => {
  const characters = [...whole];
  return fc
    .tuple(fc.nat(characters.length), fc.nat(Math.min(characters.length, 3)))
    .map(([from, length]) => characters.slice(from, from + length).join(''));
});
const start = text.chain((whole) => {
  const characters = [...whole];
  return fc.nat(characters.length).map((length) => characters.slice(0, length).join(''));
});

/** Metadata of one document: some of the awkward keys, each with a value of any type. */
export const metadataArbitrary: fc.Arbitrary<Metadata> = fc
  .array(fc.tuple(key, value), { maxLength: 9 })
  .map((entries) => Object.fromEntries(entries));

/** For each operator with a key, the conditions that it can have. */
export const conditionArbitraries: Readonly<Record<string, fc.Arbitrary<Filter>>> = {
  equals: fc.record({ key, value: fc.oneof(scalar, list) }).map((equals) => ({ equals })),
  notEquals: fc.record({ key, value: fc.oneof(scalar, list) }).map((notEquals) => ({ notEquals })),
  greaterThan: fc.record({ key, value: fc.oneof(text, number) }).map((greaterThan) => ({ greaterThan })),
  greaterThanOrEquals: fc
    .record({ key, value: fc.oneof(text, number) })
    .map((greaterThanOrEquals) => ({ greaterThanOrEquals })),
  lessThan: fc.record({ key, value: fc.oneof(text, number) }).map((lessThan) => ({ lessThan })),
  lessThanOrEquals: fc
    .record({ key, value: fc.oneof(text, number) })
    .map((lessThanOrEquals) => ({ lessThanOrEquals })),
  in: fc.record({ key, value: fc.array(scalar, { maxLength: 6 }) }).map((within) => ({ in: within })),
  notIn: fc.record({ key, value: fc.array(scalar, { maxLength: 6 }) }).map((notIn) => ({ notIn })),
  startsWith: fc.record({ key, value: start }).map((startsWith) => ({ startsWith })),
  listContains: fc.record({ key, value: text }).map((listContains) => ({ listContains })),
  stringContains: fc.record({ key, value: part }).map((stringContains) => ({ stringContains })),
};

const condition = fc.oneof(...Object.values(conditionArbitraries));

/** Whole filters: conditions under `andAll` and `orAll`, up to five deep. */
export const filterArbitrary: fc.Arbitrary<Filter> = fc.letrec<{ filter: Filter }>((tie) => ({
  filter: fc.oneof(
    { maxDepth: 4, depthIdentifier: 'filter' },
    condition,
    fc
      .array(tie('filter'), { minLength: 2, maxLength: 3, depthIdentifier: 'filter' })
      .map((andAll) => ({ andAll })),
    fc
      .array(tie('filter'), { minLength: 2, maxLength: 3, depthIdentifier: 'filter' })
      .map((orAll) => ({ orAll })),
  ),
})).filter;
