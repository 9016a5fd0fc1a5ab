import type { SQLInputValue } from 'node:sqlite';
import type { Condition, Filter, FilterValue } from '../../domain/filter.ts';
import { storedList, storedNumber, storedString, valueType } from './metadata-rows.ts';

/** A condition on the column `document`, with the values of its `?` in order. */
export interface SqlCondition {
  readonly sql: string;
  readonly parameters: readonly SQLInputValue[];
}

/**
 * Compiles a whole filter to one condition on the column `document` of a table of live documents. Nothing of the filter
 * but its shape enters the SQL.
 */
export function filterCondition(filter: Filter): SqlCondition {
  if ('andAll' in filter) return join(filter.andAll, ' AND ');
  if ('orAll' in filter) return join(filter.orAll, ' OR ');
  if ('equals' in filter) return has(filter.equals, equalTo(filter.equals.value));
  // NOT IN a subquery is evaluated once, NOT EXISTS for each document.
  if ('notEquals' in filter) return not(has(filter.notEquals, equalTo(filter.notEquals.value)));
  if ('in' in filter) return has(filter.in, anyOf(filter.in.value));
  if ('notIn' in filter) return not(has(filter.notIn, anyOf(filter.notIn.value)));
  if ('greaterThan' in filter) return has(filter.greaterThan, ordered('>', filter.greaterThan.value));
  if ('greaterThanOrEquals' in filter) {
    return has(filter.greaterThanOrEquals, ordered('>=', filter.greaterThanOrEquals.value));
  }
  if ('lessThan' in filter) return has(filter.lessThan, ordered('<', filter.lessThan.value));
  if ('lessThanOrEquals' in filter) {
    return has(filter.lessThanOrEquals, ordered('<=', filter.lessThanOrEquals.value));
  }
  if ('startsWith' in filter) return has(filter.startsWith, startingWith(filter.startsWith.value));
  if ('listContains' in filter) {
    return has(filter.listContains, typed('member', '=', storedString(filter.listContains.value)));
  }
  return has(filter.stringContains, containing(filter.stringContains.value));
}

const nothing: SqlCondition = { sql: 'FALSE', parameters: [] };

function join(filters: readonly Filter[], operator: ' AND ' | ' OR '): SqlCondition {
  const conditions = filters.map(filterCondition);
  return {
    sql: `(${conditions.map(({ sql }) => sql).join(operator)})`,
    parameters: conditions.flatMap(({ parameters }) => parameters),
  };
}

function has({ key }: Condition<unknown>, value: SqlCondition): SqlCondition {
  return {
    sql: `document IN (SELECT document FROM metadata WHERE key = ? AND ${value.sql})`,
    parameters: [key, ...value.parameters],
  };
}

function not({ sql, parameters }: SqlCondition): SqlCondition {
  return { sql: sql.replace('document IN', 'document NOT IN'), parameters };
}

type Comparison = '=' | '>' | '>=' | '<' | '<=';

function typed(type: keyof typeof valueType, comparison: Comparison, value: SQLInputValue): SqlCondition {
  return { sql: `type = ${valueType[type]} AND value ${comparison} ?`, parameters: [value] };
}

function equalTo(value: FilterValue | readonly string[]): SqlCondition {
  if (typeof value === 'string') return typed('string', '=', storedString(value));
  if (typeof value === 'number') return typed('number', '=', storedNumber(value));
  if (typeof value === 'boolean') return typed('boolean', '=', Number(value));
  return typed('list', '=', storedList(value));
}

function anyOf(values: readonly FilterValue[]): SqlCondition {
  const byType = (['string', 'number', 'boolean'] as const).map((type) => ({
    type,
    stored: values.filter((value) => typeof value === type).flatMap((value) => equalTo(value).parameters),
  }));
  const present = byType.filter(({ stored }) => stored.length > 0);
  if (present.length === 0) return nothing;
  const sql = present.map(
    ({ type, stored }) => `type = ${valueType[type]} AND value IN (${stored.map(() => '?').join(', ')})`,
  );
  return { sql: `(${sql.join(' OR ')})`, parameters: present.flatMap(({ stored }) => stored) };
}

function ordered(comparison: Comparison, value: string | number): SqlCondition {
  return typeof value === 'string'
    ? typed('string', comparison, storedString(value))
    : typed('number', comparison, storedNumber(value));
}

function startingWith(prefix: string): SqlCondition {
  if (prefix === '') return { sql: `type = ${valueType.string}`, parameters: [] };
  const from = storedString(prefix);
  const to = Uint8Array.from(from);
  // The last byte of UTF-8 is never 255.
  to[to.length - 1] = to.at(-1)! + 1;
  return { sql: `type = ${valueType.string} AND value >= ? AND value < ?`, parameters: [from, to] };
}

function containing(part: string): SqlCondition {
  const types = `type IN (${valueType.string}, ${valueType.member})`;
  if (part === '') return { sql: types, parameters: [] };
  // LIKE would ignore case and read wild cards.
  return { sql: `${types} AND instr(value, ?) > 0`, parameters: [storedString(part)] };
}
