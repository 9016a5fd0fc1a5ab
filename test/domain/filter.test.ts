import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidInput } from '../../domain/errors.ts';
import { checkFilter } from '../../domain/filter.ts';
import { filterArbitrary } from '../search-engine/filter-arbitraries.ts';
import { filterCases } from '../search-engine/filter-cases.ts';

function fieldOf(filter: unknown): string {
  try {
    checkFilter(filter);
  } catch (error) {
    if (error instanceof InvalidInput) return error.field;
    throw error;
  }
  return 'accepted';
}

const leaf = { equals: { key: 'k', value: 1 } };
const nested = (depth: number): object => (depth === 1 ? leaf : { andAll: [leaf, nested(depth - 1)] });
const leaves = (count: number) => ({ orAll: Array.from({ length: count }, () => leaf) });

describe('checkFilter', () => {
  it('accepts each operator with each value that it may have', () => {
    for (const { filter } of filterCases) expect(checkFilter(filter)).toBe(filter);
    fc.assert(fc.property(filterArbitrary, (filter) => void expect(checkFilter(filter)).toBe(filter)));
  });

  it.each([
    ['nothing', undefined, 'filter'],
    ['null', null, 'filter'],
    ['a list', [], 'filter'],
    ['a text', 'equals', 'filter'],
    ['no operator', {}, 'filter'],
    ['two operators', { ...leaf, in: { key: 'k', value: [] } }, 'filter'],
    ['an unknown operator', { like: { key: 'k', value: 'a' } }, 'filter'],
    ['an engine’s own operator', { term: { k: 'a' } }, 'filter'],
    ['a name that objects have of their own', { constructor: { key: 'k', value: 1 } }, 'filter'],
    ['an operator named __proto__', JSON.parse('{"__proto__":{"key":"k","value":1}}'), 'filter'],
    ['a condition that is null', { equals: null }, 'filter.equals.key'],
    ['a condition that is a text', { equals: 'k' }, 'filter.equals'],
    ['a condition that is a list', { equals: ['k', 1] }, 'filter.equals'],
    ['an unknown field', { equals: { key: 'k', value: 1, boost: 2 } }, 'filter.equals'],
    ['no key', { equals: { value: 1 } }, 'filter.equals.key'],
    ['an empty key', { equals: { key: '', value: 1 } }, 'filter.equals.key'],
    ['a key above 100 bytes', { equals: { key: 'é'.repeat(51), value: 1 } }, 'filter.equals.key'],
    ['a key with a lone surrogate', { equals: { key: '\ud800', value: 1 } }, 'filter.equals.key'],
    ['no value', { equals: { key: 'k' } }, 'filter.equals.value'],
    ['null as a value', { equals: { key: 'k', value: null } }, 'filter.equals.value'],
    ['NaN', { equals: { key: 'k', value: Number.NaN } }, 'filter.equals.value'],
    ['infinity', { greaterThan: { key: 'k', value: Number.POSITIVE_INFINITY } }, 'filter.greaterThan.value'],
    ['an object as a value', { equals: { key: 'k', value: { $ne: 1 } } }, 'filter.equals.value'],
    ['a list with a number for equals', { equals: { key: 'k', value: ['a', 1] } }, 'filter.equals.value'],
    ['order on a boolean', { lessThan: { key: 'k', value: true } }, 'filter.lessThan.value'],
    ['order on a list', { lessThanOrEquals: { key: 'k', value: ['a'] } }, 'filter.lessThanOrEquals.value'],
    ['in without a list', { in: { key: 'k', value: 'a' } }, 'filter.in.value'],
    ['in with a list in it', { notIn: { key: 'k', value: [['a']] } }, 'filter.notIn.value'],
    ['startsWith a number', { startsWith: { key: 'k', value: 1 } }, 'filter.startsWith.value'],
    ['listContains a number', { listContains: { key: 'k', value: 1 } }, 'filter.listContains.value'],
    ['stringContains a list', { stringContains: { key: 'k', value: ['a'] } }, 'filter.stringContains.value'],
    ['a text above 2,048 bytes', { equals: { key: 'k', value: 'é'.repeat(1_025) } }, 'filter.equals.value'],
    ['a value with a lone surrogate', { in: { key: 'k', value: ['a', '\udc00'] } }, 'filter.in.value'],
    ['andAll of one', { andAll: [leaf] }, 'filter.andAll'],
    ['andAll without a list', { andAll: leaf }, 'filter.andAll'],
    ['a wrong part of a list', { andAll: [leaf, { orAll: [leaf, {}] }] }, 'filter.andAll[1].orAll[1]'],
  ])('refuses %s', (_, filter, field) => {
    expect(fieldOf(filter)).toBe(field);
  });

  it('accepts up to 10 deep, 100 conditions and 1,000 values, and refuses one more', () => {
    expect(fieldOf(nested(10))).toBe('accepted');
    expect(fieldOf(nested(11))).not.toBe('accepted');
    expect(fieldOf(leaves(100))).toBe('accepted');
    expect(fieldOf(leaves(101))).toBe('filter');
    const values = (count: number) => ({
      in: { key: 'k', value: Array.from({ length: count }, (_, at) => at) },
    });
    expect(fieldOf(values(1_000))).toBe('accepted');
    expect(fieldOf(values(1_001))).toBe('filter');
    expect(fieldOf({ orAll: [values(600), values(401)] })).toBe('filter');
  });

  it('refuses a filter of depth 100,000 without running out of stack', () => {
    let deep: object = leaf;
    for (let depth = 0; depth < 100_000; depth += 1) deep = { andAll: [deep, leaf] };
    expect(fieldOf(deep)).not.toBe('accepted');
  });
});
