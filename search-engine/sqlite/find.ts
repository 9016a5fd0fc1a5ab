import type { Scope } from '../../domain/scope.ts';
import type { Candidate, Leg, LegsQuery, LegsResult } from '../search-engine.ts';
import type { Database } from './database.ts';
import { findDense } from './dense-leg.ts';
import { countFacets } from './facets.ts';
import { findLexical } from './lexical-leg.ts';
import { select } from './selection.ts';

/** Runs the legs and counts the facets on one state of the tenant. */
export function find(database: Database, scope: Scope, query: LegsQuery): LegsResult {
  return database.snapshot(() => {
    const selection = select(database, scope, query.filter);
    const failures: unknown[] = [];
    const run = (leg: () => Candidate[]): Leg => {
      const startedAt = performance.now();
      try {
        return { hits: leg(), milliseconds: performance.now() - startedAt };
      } catch (error) {
        failures.push(error);
        const failed = error instanceof Error ? error.message : String(error);
        return { hits: [], failed, milliseconds: performance.now() - startedAt };
      }
    };
    const { lexical, dense } = query;
    const legs = {
      ...(lexical !== undefined && { lexical: run(() => findLexical(database, lexical, selection)) }),
      ...(dense !== undefined && { dense: run(() => findDense(database, dense, selection)) }),
    };
    const asked = Object.keys(legs).length;
    if (asked > 0 && failures.length === asked) throw failures[0];
    return { ...legs, facets: countFacets(database, query, selection) };
  });
}

/** What a tenant answers that does not exist. */
export function findNothing(query: LegsQuery): LegsResult {
  const leg: Leg = { hits: [], milliseconds: 0 };
  return {
    ...(query.lexical !== undefined && { lexical: leg }),
    ...(query.dense !== undefined && { dense: leg }),
    facets: (query.facets ?? []).map((facet) => {
      const { key } = facet;
      if ('histogram' in facet) return { key, histogram: [] };
      if ('statistics' in facet) return { key, statistics: { documents: 0, sum: 0 } };
      if (!('ranges' in facet)) return { key, values: [] };
      const bounds = [undefined, ...facet.ranges];
      return {
        key,
        ranges: bounds.map((from, at) => {
          const to = facet.ranges[at];
          return { ...(from !== undefined && { from }), ...(to !== undefined && { to }), documents: 0 };
        }),
      };
    }),
  };
}
