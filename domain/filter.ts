import { InvalidInput } from './errors.ts';

export type FilterValue = string | number | boolean;

/** A condition on one metadata key. */
export interface Condition<V> {
  readonly key: string;
  readonly value: V;
}

/**
 * A typed tree, one operator an object, the shape of Bedrock's RetrievalFilter.
 *
 * No coercion: a number never equals a string. Order on numbers, and on strings by UTF-8 bytes; between types
 * there is none, so nothing matches. `equals` on a list compares the whole list, in order; `in` never matches a list.
 * `listContains` looks for a member of a list; `stringContains` looks inside a string or inside a list's members;
 * `startsWith` looks at strings only. `notEquals` and `notIn` are the complements of `equals` and `in`, so they match
 * documents without the key. Case matters everywhere.
 */
export type Filter =
  | { readonly equals: Condition<FilterValue | readonly string[]> }
  | { readonly notEquals: Condition<FilterValue | readonly string[]> }
  | { readonly greaterThan: Condition<string | number> }
  | { readonly greaterThanOrEquals: Condition<string | number> }
  | { readonly lessThan: Condition<string | number> }
  | { readonly lessThanOrEquals: Condition<string | number> }
  | { readonly in: Condition<readonly FilterValue[]> }
  | { readonly notIn: Condition<readonly FilterValue[]> }
  | { readonly startsWith: Condition<string> }
  | { readonly listContains: Condition<string> }
  | { readonly stringContains: Condition<string> }
  | { readonly andAll: readonly Filter[] }
  | { readonly orAll: readonly Filter[] };

export const filterLimits = {
  depth: 10,
  leaves: 100,
  values: 1_000,
  keyBytes: 100,
  valueBytes: 2_048,
} as const;

const scalar = (value: unknown): boolean =>
  typeof value === 'string' ||
  typeof value === 'boolean' ||
  (typeof value === 'number' && Number.isFinite(value));
const stringList = (value: unknown): boolean =>
  Array.isArray(value) && value.every((item) => typeof item === 'string');
const ordered = (value: unknown): boolean =>
  typeof value === 'string' || (typeof value === 'number' && Number.isFinite(value));
const scalarList = (value: unknown): boolean => Array.isArray(value) && value.every(scalar);
const text = (value: unknown): boolean => typeof value === 'string';

const equality = {
  holds: (value: unknown) => scalar(value) || stringList(value),
  wanted: 'a string, a finite number, a boolean or a list of strings',
};
const order = { holds: ordered, wanted: 'a string or a finite number' };
const membership = { holds: scalarList, wanted: 'a list of strings, finite numbers and booleans' };
const textual = { holds: text, wanted: 'a string' };

/** What the value of each operator must be. */
const conditionValues: Record<string, { holds: (value: unknown) => boolean; wanted: string }> = {
  equals: equality,
  notEquals: equality,
  greaterThan: order,
  greaterThanOrEquals: order,
  lessThan: order,
  lessThanOrEquals: order,
  in: membership,
  notIn: membership,
  startsWith: textual,
  listContains: textual,
  stringContains: textual,
};

const operators = [...Object.keys(conditionValues), 'andAll', 'orAll'];

/**
 * Checks a filter of untrusted origin: shape, types, and the limits (depth ≤ 10, 100 conditions, 1,000 values).
 * @throws {InvalidInput} naming the path of the offending part
 */
export function checkFilter(filter: unknown, field = 'filter'): Filter {
  const count = { leaves: 0, values: 0 };
  checkNode(filter, field, 1, count);
  return filter as Filter;
}

function checkNode(
  node: unknown,
  field: string,
  depth: number,
  count: { leaves: number; values: number },
): void {
  if (depth > filterLimits.depth) {
    throw new InvalidInput(field, `Expected filter to be at most ${filterLimits.depth} deep`);
  }
  if (typeof node !== 'object' || node === null || Array.isArray(node)) {
    throw new InvalidInput(field, `Expected ${field} to be an object with one operator`);
  }
  const keys = Object.keys(node);
  const operator = keys[0];
  if (keys.length !== 1 || operator === undefined || !operators.includes(operator)) {
    throw new InvalidInput(
      field,
      `Expected ${field} to have exactly one of ${operators.join(', ')}, got ${keys.slice(0, 5).join(', ') || 'none'}`,
    );
  }
  const operand = (node as Record<string, unknown>)[operator];
  if (operator === 'andAll' || operator === 'orAll') {
    if (!Array.isArray(operand) || operand.length < 2) {
      throw new InvalidInput(
        `${field}.${operator}`,
        `Expected ${field}.${operator} to be a list of 2 or more filters`,
      );
    }
    operand.forEach((child, at) => {
      checkNode(child, `${field}.${operator}[${at}]`, depth + 1, count);
    });
    return;
  }
  checkCondition(operand, operator, `${field}.${operator}`, count);
}

function checkCondition(
  operand: unknown,
  operator: string,
  field: string,
  count: { leaves: number; values: number },
): void {
  const { key, value, ...others } = (operand ?? {}) as Record<string, unknown>;
  const unknown = Object.keys(others);
  if (typeof operand !== 'object' || Array.isArray(operand) || unknown.length > 0) {
    throw new InvalidInput(
      field,
      `Expected ${field} to be { key, value }${unknown[0] ? `, got ${unknown[0]}` : ''}`,
    );
  }
  if (
    typeof key !== 'string' ||
    key === '' ||
    Buffer.byteLength(key) > filterLimits.keyBytes ||
    !key.isWellFormed()
  ) {
    throw new InvalidInput(
      `${field}.key`,
      `Expected ${field}.key to be a string of 1 to ${filterLimits.keyBytes} bytes`,
    );
  }
  const { holds, wanted } = conditionValues[operator]!;
  if (!holds(value)) throw new InvalidInput(`${field}.value`, `Expected ${field}.value to be ${wanted}`);
  const values = Array.isArray(value) ? value : [value];
  for (const item of values) {
    if (
      typeof item === 'string' &&
      (Buffer.byteLength(item) > filterLimits.valueBytes || !item.isWellFormed())
    ) {
      throw new InvalidInput(
        `${field}.value`,
        `Expected strings in ${field}.value to be well-formed and at most ${filterLimits.valueBytes} bytes`,
      );
    }
  }
  count.leaves += 1;
  count.values += values.length;
  if (count.leaves > filterLimits.leaves) {
    throw new InvalidInput('filter', `Expected filter to have at most ${filterLimits.leaves} conditions`);
  }
  if (count.values > filterLimits.values) {
    throw new InvalidInput('filter', `Expected filter to have at most ${filterLimits.values} values`);
  }
}
