import { InvalidInput } from '../domain/errors.ts';
import type { Boost, SearchRequest } from '../domain/search.ts';
import { checkFields, checkKey, number, shown } from './check-fields.ts';

const most = 10;
const mostWeight = 10;
const kinds = ['recency', 'saturation', 'equals'] as const;

/** @throws {InvalidInput} naming the field */
export function resolveBoosts(given: SearchRequest['boosts'], now = new Date()): readonly Boost[] {
  if (given === undefined) return [];
  if (!Array.isArray(given) || given.length > most) {
    throw new InvalidInput('boosts', `Expected boosts to be a list of at most ${most}`);
  }
  return given.map((boost, at) => resolveBoost(boost, `boosts[${at}]`, now));
}

function resolveBoost(given: Record<string, unknown>, field: string, now: Date): Boost {
  const { weight: asked, ...rest } = checkFields(given, field, ['weight', ...kinds]);
  const [kind, ...others] = kinds.filter((name) => rest[name] !== undefined);
  if (kind === undefined || others.length > 0) {
    throw new InvalidInput(field, `Expected ${field} to have one of ${kinds.join(', ')}`);
  }
  const weight = number(asked, `${field}.weight`, -mostWeight, mostWeight);
  const fields = {
    recency: ['key', 'halfLifeDays', 'origin'],
    saturation: ['key', 'pivot'],
    equals: ['key', 'value'],
  };
  const path = `${field}.${kind}`;
  const values = checkFields(rest[kind] as Record<string, unknown>, path, fields[kind]);
  const key = checkKey(values.key, `${path}.key`);
  if (kind === 'recency') {
    const halfLifeDays = number(values.halfLifeDays, `${path}.halfLifeDays`, Number.MIN_VALUE, 1e6);
    return { weight, recency: { key, halfLifeDays, origin: originOf(values.origin, `${path}.origin`, now) } };
  }
  if (kind === 'saturation') {
    const pivot = number(values.pivot, `${path}.pivot`, Number.MIN_VALUE, Number.MAX_VALUE);
    return { weight, saturation: { key, pivot } };
  }
  const { value } = values;
  if (typeof value !== 'string' && typeof value !== 'boolean' && !Number.isFinite(value)) {
    throw new InvalidInput(
      `${path}.value`,
      `Expected ${path}.value to be a string, a finite number or a boolean, got ${shown(value)}`,
    );
  }
  return { weight, equals: { key, value: value as string | number | boolean } };
}

/** The start of the day, where it is not said, so that the pages of one list agree. */
function originOf(given: unknown, field: string, now: Date): string {
  if (given === undefined) return `${now.toISOString().slice(0, 10)}T00:00:00.000Z`;
  const time = typeof given === 'string' && /^\d{4}-\d{2}-\d{2}/.test(given) ? Date.parse(given) : Number.NaN;
  if (Number.isNaN(time)) {
    throw new InvalidInput(field, `Expected ${field} to be a date of ISO 8601, got ${shown(given)}`);
  }
  return new Date(time).toISOString();
}
