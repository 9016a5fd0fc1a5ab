import type { Filter } from '../../domain/filter.ts';
import type { Scope } from '../../domain/scope.ts';
import { filterQuery, type Query } from './filter-query.ts';

/** What stands inside each leg: the scope's tenant, access lists and expiry times, and the caller's filter, which can only narrow it. */
export function readable(scope: Scope, filter?: Filter): Query[] {
  return [
    { term: { tenantId: scope.tenantId } },
    ...accessQuery(scope),
    ...(filter === undefined ? [] : [filterQuery(filter)]),
  ];
}

function accessQuery(scope: Scope): Query[] {
  if (scope.reach === 'operator') return [];
  const allowed = { terms: { allow: scope.principals } };
  return [
    {
      bool: {
        must_not: [
          { terms: { deny: scope.principals } },
          // By Braid's clock, as everywhere else, and not by OpenSearch's.
          { range: { expiresAt: { lte: new Date().toISOString() } } },
        ],
        should: scope.accessRequired ? [allowed] : [allowed, { term: { restricted: false } }],
        minimum_should_match: 1,
      },
    },
  ];
}
