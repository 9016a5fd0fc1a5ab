import type { DocumentRecord } from '../../domain/document-record.ts';
import { isLive } from '../../domain/document-record.ts';
import type { Scope } from '../../domain/scope.ts';
import type { SqlCondition } from './filter-sql.ts';

const accessKind = { deny: 0, allow: 1, expiry: 2 } as const;

export interface AccessRow {
  readonly principal: string;
  readonly kind: number;
}

/**
 * The rows by which it is found who may read a live document, and until when; equal lists give equal rows. A time stands
 * where principals do. These are JSON strings and begin with a quote, so that all times come after them, in their order,
 * and what has expired is one range of the table's key.
 */
export function accessRows(record: DocumentRecord): AccessRow[] {
  if (!isLive(record)) return [];
  const { access, expiry } = record;
  const lists = (['deny', 'allow'] as const).flatMap((list) =>
    [...new Set(access?.value?.[list])].map((principal) => ({
      principal: storedPrincipal(principal),
      kind: accessKind[list],
    })),
  );
  return expiry?.value === undefined
    ? lists
    : [...lists, { principal: expiry.value, kind: accessKind.expiry }];
}

/** Selects what has ended at a time, the one parameter (ISO 8601, UTC, with milliseconds). */
export const expiredSql = `SELECT document FROM access WHERE principal > '#' AND principal <= ?`;

/** Selects what has a list: principals stand before the times. */
export const listedSql = `SELECT document FROM access WHERE principal < '#'`;

/** The rules of `mayShow` of domain/document-record.ts as a condition on live `documents`, for a scope that is no operator's. */
export function accessCondition(scope: Scope, now: string): SqlCondition {
  const principals = JSON.stringify(scope.principals.map(storedPrincipal));
  const named = (kind: keyof typeof accessKind) =>
    `(SELECT document FROM access WHERE kind = ${accessKind[kind]} AND principal IN (SELECT value FROM json_each(?)))`;
  const allowed = `document IN ${named('allow')}`;
  return {
    sql: `document NOT IN ${named('deny')} AND document NOT IN (${expiredSql})
      AND ${scope.accessRequired ? allowed : `(has_allow = 0 OR ${allowed})`}`,
    parameters: [principals, now, principals],
  };
}

/** As a JSON string: a principal with a lone surrogate or a NUL would else be stored as another one. */
function storedPrincipal(principal: string): string {
  return JSON.stringify(principal);
}
