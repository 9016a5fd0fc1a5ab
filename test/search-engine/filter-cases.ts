import type { Metadata } from '../../domain/document.ts';
import type { Filter } from '../../domain/filter.ts';

// Worked by hand from the documentation of `Filter`: they hold the oracle and the engines alike.

/** Documents by id: each has one value under the key `k`, but the last. */
export const filterCaseDocuments: Readonly<Record<string, Metadata>> = {
  'text a': { k: 'a' },
  'text A': { k: 'A' },
  'text empty': { k: '' },
  'text 1': { k: '1' },
  'text true': { k: 'true' },
  'text list-like': { k: '["a","b"]' },
  'text with NUL': { k: 'a\0b' },
  'text composed': { k: 'é' },
  'text decomposed': { k: 'e\u0301' },
  'text fullwidth tilde': { k: '\uff5e' },
  'text astral': { k: 'x😀y' },
  'number 1': { k: 1 },
  'number 0': { k: 0 },
  'number -1.5': { k: -1.5 },
  'number 1e308': { k: 1e308 },
  'number 5e-324': { k: 5e-324 },
  'number 2^53': { k: 2 ** 53 },
  'boolean true': { k: true },
  'boolean false': { k: false },
  'list a b': { k: ['a', 'b'] },
  'list b a': { k: ['b', 'a'] },
  'list a a': { k: ['a', 'a'] },
  'list empty': { k: [] },
  'list of empty': { k: [''] },
  'list with NUL': { k: ['a\0b'] },
  'another key': { 'k.k': 'a' },
};

const all = Object.keys(filterCaseDocuments);
const but = (...ids: string[]) => all.filter((id) => !ids.includes(id));

/** What each filter finds among `filterCaseDocuments`. */
export const filterCases: readonly {
  readonly name: string;
  readonly filter: Filter;
  readonly finds: readonly string[];
}[] = [
  { name: 'equals is exact and minds case', filter: { equals: { key: 'k', value: 'a' } }, finds: ['text a'] },
  {
    name: 'equals finds the empty string',
    filter: { equals: { key: 'k', value: '' } },
    finds: ['text empty'],
  },
  {
    name: 'equals of a number finds no string and no boolean',
    filter: { equals: { key: 'k', value: 1 } },
    finds: ['number 1'],
  },
  {
    name: 'equals of a string finds no number',
    filter: { equals: { key: 'k', value: '1' } },
    finds: ['text 1'],
  },
  {
    name: 'equals of a boolean finds no string',
    filter: { equals: { key: 'k', value: true } },
    finds: ['boolean true'],
  },
  { name: 'equals takes −0 for 0', filter: { equals: { key: 'k', value: -0 } }, finds: ['number 0'] },
  {
    name: 'equals tells the smallest number from 0',
    filter: { equals: { key: 'k', value: 5e-324 } },
    finds: ['number 5e-324'],
  },
  {
    name: 'equals keeps 2^53 apart from its neighbour',
    filter: { equals: { key: 'k', value: 2 ** 53 + 2 } },
    finds: [],
  },
  {
    name: 'equals sees characters after a NUL',
    filter: { equals: { key: 'k', value: 'a\0b' } },
    finds: ['text with NUL'],
  },
  {
    name: 'equals does not normalise Unicode',
    filter: { equals: { key: 'k', value: 'é' } },
    finds: ['text composed'],
  },
  {
    name: 'equals on a list compares the whole list in order',
    filter: { equals: { key: 'k', value: ['a', 'b'] } },
    finds: ['list a b'],
  },
  { name: 'equals on a list minds repeats', filter: { equals: { key: 'k', value: ['a'] } }, finds: [] },
  { name: 'equals finds the empty list', filter: { equals: { key: 'k', value: [] } }, finds: ['list empty'] },
  {
    name: 'equals tells [""] from [] and from ""',
    filter: { equals: { key: 'k', value: [''] } },
    finds: ['list of empty'],
  },
  {
    name: 'equals finds no list by a joined string',
    filter: { equals: { key: 'k', value: '["a","b"]' } },
    finds: ['text list-like'],
  },
  {
    name: 'equals takes a key literally',
    filter: { equals: { key: 'k.k', value: 'a' } },
    finds: ['another key'],
  },
  {
    name: 'notEquals is the complement of equals and finds documents without the key',
    filter: { notEquals: { key: 'k', value: 'a' } },
    finds: but('text a'),
  },
  {
    name: 'notEquals of a list is the complement too',
    filter: { notEquals: { key: 'k', value: [] } },
    finds: but('list empty'),
  },
  {
    name: 'greaterThan on numbers',
    filter: { greaterThan: { key: 'k', value: 0 } },
    finds: ['number 1', 'number 1e308', 'number 5e-324', 'number 2^53'],
  },
  {
    name: 'greaterThanOrEquals on numbers takes −0 for 0',
    filter: { greaterThanOrEquals: { key: 'k', value: -0 } },
    finds: ['number 1', 'number 0', 'number 1e308', 'number 5e-324', 'number 2^53'],
  },
  {
    name: 'lessThan on numbers',
    filter: { lessThan: { key: 'k', value: 5e-324 } },
    finds: ['number 0', 'number -1.5'],
  },
  {
    name: 'lessThanOrEquals on numbers',
    filter: { lessThanOrEquals: { key: 'k', value: 1 } },
    finds: ['number 1', 'number 0', 'number -1.5', 'number 5e-324'],
  },
  {
    name: 'greaterThan on strings goes by UTF-8 bytes',
    filter: { greaterThan: { key: 'k', value: '\uff5d' } },
    finds: ['text fullwidth tilde'],
  },
  {
    name: 'lessThan on strings puts characters of the astral planes last',
    filter: { lessThan: { key: 'k', value: '😀' } },
    finds: all.filter((id) => id.startsWith('text')),
  },
  {
    name: 'lessThanOrEquals on strings starts at the empty one',
    filter: { lessThanOrEquals: { key: 'k', value: '' } },
    finds: ['text empty'],
  },
  {
    name: 'greaterThanOrEquals on strings finds no members of lists',
    filter: { greaterThanOrEquals: { key: 'k', value: 'a' } },
    finds: [
      'text a',
      'text true',
      'text with NUL',
      'text composed',
      'text decomposed',
      'text fullwidth tilde',
      'text astral',
    ],
  },
  {
    name: 'in finds any of its values by type',
    filter: { in: { key: 'k', value: ['a', 1, true] } },
    finds: ['text a', 'number 1', 'boolean true'],
  },
  { name: 'in finds no list by a member', filter: { in: { key: 'k', value: ['b'] } }, finds: [] },
  { name: 'in of nothing finds nothing', filter: { in: { key: 'k', value: [] } }, finds: [] },
  {
    name: 'notIn is the complement of in',
    filter: { notIn: { key: 'k', value: ['a', 1, true] } },
    finds: but('text a', 'number 1', 'boolean true'),
  },
  { name: 'notIn of nothing finds everything', filter: { notIn: { key: 'k', value: [] } }, finds: all },
  {
    name: 'startsWith looks at strings only',
    filter: { startsWith: { key: 'k', value: 'a' } },
    finds: ['text a', 'text with NUL'],
  },
  {
    name: 'startsWith of nothing finds each string',
    filter: { startsWith: { key: 'k', value: '' } },
    finds: all.filter((id) => id.startsWith('text')),
  },
  {
    name: 'startsWith goes by code points, not by characters as seen',
    filter: { startsWith: { key: 'k', value: 'e' } },
    finds: ['text decomposed'],
  },
  {
    name: 'listContains finds a member',
    filter: { listContains: { key: 'k', value: 'a' } },
    finds: ['list a b', 'list b a', 'list a a'],
  },
  {
    name: 'listContains finds the empty member',
    filter: { listContains: { key: 'k', value: '' } },
    finds: ['list of empty'],
  },
  {
    name: 'listContains compares whole members',
    filter: { listContains: { key: 'k', value: 'a\0b' } },
    finds: ['list with NUL'],
  },
  {
    name: 'stringContains looks inside strings and members of lists',
    filter: { stringContains: { key: 'k', value: 'b' } },
    finds: ['text list-like', 'text with NUL', 'list a b', 'list b a', 'list with NUL'],
  },
  {
    name: 'stringContains finds astral characters',
    filter: { stringContains: { key: 'k', value: '😀' } },
    finds: ['text astral'],
  },
  {
    name: 'stringContains finds a NUL',
    filter: { stringContains: { key: 'k', value: '\0' } },
    finds: ['text with NUL', 'list with NUL'],
  },
  {
    name: 'stringContains takes wild cards literally',
    filter: { stringContains: { key: 'k', value: '%' } },
    finds: [],
  },
  {
    name: 'stringContains of nothing finds each string and each list with a member',
    filter: { stringContains: { key: 'k', value: '' } },
    finds: all.filter((id) => id.startsWith('text') || (id.startsWith('list') && id !== 'list empty')),
  },
  {
    name: 'andAll needs each',
    filter: {
      andAll: [{ stringContains: { key: 'k', value: 'a' } }, { listContains: { key: 'k', value: 'b' } }],
    },
    finds: ['list a b', 'list b a'],
  },
  {
    name: 'orAll needs one',
    filter: { orAll: [{ equals: { key: 'k', value: 'a' } }, { equals: { key: 'k.k', value: 'a' } }] },
    finds: ['text a', 'another key'],
  },
  {
    name: 'andAll and orAll nest',
    filter: {
      orAll: [
        { andAll: [{ notEquals: { key: 'k', value: 'x' } }, { equals: { key: 'k.k', value: 'a' } }] },
        { andAll: [{ greaterThan: { key: 'k', value: 0 } }, { lessThan: { key: 'k', value: 1 } }] },
      ],
    },
    finds: ['another key', 'number 5e-324'],
  },
];
