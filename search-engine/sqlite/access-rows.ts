import type { Access } from '../../domain/access.ts';
import type { Scope } from '../../domain/scope.ts';
import type { SqlCondition } from './filter-sql.ts';

const accessKind = { deny: 0, allow: 1 } as const;

export interface AccessRow {
  readonly principal: string;
  readonly kind: number;
}

/** The rows by which a document's access list is found; equal lists give equal rows. */
export function accessRows(access: Access | undefined): AccessRow[] {
  return (['deny', 'allow'] as const).flatMap((list) =>
    [...new Set(access?.[list])].map((principal) => ({
      principal: storedPrincipal(principal),
      kind: accessKind[list],
    })),
  );
}

/** The rule of `mayRead` of domain/access.ts as a condition on `documents`, for a scope that is not the operator's. */
export function accessCondition(scope: Scope): SqlCondition {
  const principals = JSON.stringify(scope.principals.map(storedPrincipal));
  const named = (kind: keyof typeof accessKind) =>
    `(SELECT document FROM access WHERE kind = ${accessKind[kind]} AND principal IN (SELECT value FROM json_each(?)))`;
  const allowed = `document IN ${named('allow')}`;
  return {
    sql: `document NOT IN ${named('deny')} AND ${scope.accessRequired ? allowed : `(has_allow = 0 OR ${allowed})`}`,
    parameters: [principals, principals],
  };
}

/** As a JSON string: a principal with a lone surrogate or a NUL would else be stored as another one. */
function storedPrincipal(principal: string): string {
  return JSON.stringify(principal);
}
