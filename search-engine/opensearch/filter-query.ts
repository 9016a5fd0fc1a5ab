import type { Filter, FilterValue } from '../../domain/filter.ts';
import { wholeList } from './metadata-entries.ts';

/** A query in OpenSearch's own language. */
export type Query = Readonly<Record<string, unknown>>;

/** Longer texts make an automaton that Lucene refuses to build, so that they are looked for by a script. */
const maxWildcardLength = 40;

/** Compiles a filter; each condition looks at the one nested entry of its key. */
export function filterQuery(filter: Filter): Query {
  if ('andAll' in filter) return { bool: { filter: filter.andAll.map(filterQuery) } };
  if ('orAll' in filter) return anyOf(filter.orAll.map(filterQuery));
  if ('equals' in filter) return entry(filter.equals.key, equalTo(filter.equals.value));
  if ('notEquals' in filter) return not(entry(filter.notEquals.key, equalTo(filter.notEquals.value)));
  if ('in' in filter) return entry(filter.in.key, oneOf(filter.in.value));
  if ('notIn' in filter) return not(entry(filter.notIn.key, oneOf(filter.notIn.value)));
  if ('greaterThan' in filter) return ordered(filter.greaterThan, 'gt');
  if ('greaterThanOrEquals' in filter) return ordered(filter.greaterThanOrEquals, 'gte');
  if ('lessThan' in filter) return ordered(filter.lessThan, 'lt');
  if ('lessThanOrEquals' in filter) return ordered(filter.lessThanOrEquals, 'lte');
  if ('startsWith' in filter) {
    return entry(filter.startsWith.key, { prefix: { 'metadata.string': filter.startsWith.value } });
  }
  if ('listContains' in filter) {
    return entry(filter.listContains.key, { term: { 'metadata.list': filter.listContains.value } });
  }
  const { key, value } = filter.stringContains;
  return entry(key, anyOf([containing('metadata.string', value), containing('metadata.list', value)]));
}

function entry(key: string, condition: Query): Query {
  return {
    nested: {
      path: 'metadata',
      score_mode: 'none',
      query: { bool: { filter: [{ term: { 'metadata.key': key } }, condition] } },
    },
  };
}

function equalTo(value: FilterValue | readonly string[]): Query {
  if (typeof value === 'string') return { term: { 'metadata.string': value } };
  if (typeof value === 'number') return { term: { 'metadata.number': withoutMinus(value) } };
  if (typeof value === 'boolean') return { term: { 'metadata.boolean': value } };
  return { term: { 'metadata.whole': wholeList(value) } };
}

function oneOf(values: readonly FilterValue[]): Query {
  const strings = values.filter((value) => typeof value === 'string');
  const numbers = values.filter((value) => typeof value === 'number').map(withoutMinus);
  const booleans = values.filter((value) => typeof value === 'boolean');
  return anyOf([
    ...(strings.length > 0 ? [{ terms: { 'metadata.string': strings } }] : []),
    ...(numbers.length > 0 ? [{ terms: { 'metadata.number': numbers } }] : []),
    ...(booleans.length > 0 ? [{ terms: { 'metadata.boolean': booleans } }] : []),
  ]);
}

function ordered(
  condition: { readonly key: string; readonly value: string | number },
  order: 'gt' | 'gte' | 'lt' | 'lte',
): Query {
  const { key, value } = condition;
  const field = typeof value === 'string' ? 'metadata.string' : 'metadata.number';
  const bound = typeof value === 'string' ? value : withoutMinus(value);
  return entry(key, { range: { [field]: { [order]: bound } } });
}

function containing(field: string, value: string): Query {
  if (value.length <= maxWildcardLength) {
    return { wildcard: { [field]: { value: `*${value.replace(/[\\*?]/g, '\\$&')}*` } } };
  }
  return {
    script: {
      script: {
        lang: 'painless',
        source: `for (def held : doc['${field}']) { if (held.contains(params.value)) { return true; } } return false;`,
        params: { value },
      },
    },
  };
}

function anyOf(queries: readonly Query[]): Query {
  if (queries.length === 0) return { match_none: {} };
  return { bool: { should: queries, minimum_should_match: 1 } };
}

function not(query: Query): Query {
  return { bool: { must_not: [query] } };
}

function withoutMinus(value: number): number {
  return value === 0 ? 0 : value;
}
