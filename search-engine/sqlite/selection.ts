import type { Filter } from '../../domain/filter.ts';
import type { Scope } from '../../domain/scope.ts';
import { accessCondition, expiredSql, listedSql } from './access-rows.ts';
import type { Database } from './database.ts';
import { filterCondition, type SqlCondition } from './filter-sql.ts';
import { documentState } from './schema.ts';

/** Which chunks a query may find; where it is not all of them, their documents stand in the table `matching`. */
export interface Selection {
  readonly isAll: boolean;
  /** How many chunks are selected. */
  readonly chunks: number;
  /** How many chunks there are. */
  readonly allChunks: number;
}

interface Count {
  readonly documents: number;
  readonly chunks: number;
}

const totals = new WeakMap<Database, Count & { readonly dataVersion: number }>();

/** Selects the documents that pass scope and filter, within a snapshot; both legs and the facets use it. */
export function select(database: Database, scope: Scope, filter: Filter | undefined): Selection {
  const all = countAll(database);
  const now = new Date().toISOString();
  const conditions: SqlCondition[] = [];
  if (isRestricted(database, scope, now)) conditions.push(accessCondition(scope, now));
  if (filter !== undefined) conditions.push(filterCondition(filter));
  if (conditions.length === 0) return { isAll: true, chunks: all.chunks, allChunks: all.chunks };
  database.run('DELETE FROM temp.matching');
  database.run(
    `INSERT INTO temp.matching SELECT document FROM documents
     WHERE state = ${documentState.live} AND ${conditions.map(({ sql }) => sql).join(' AND ')}`,
    ...conditions.flatMap(({ parameters }) => parameters),
  );
  const found = database.row<Count>(
    'SELECT count(*) AS documents, coalesce(sum(chunks), 0) AS chunks FROM temp.matching JOIN documents USING (document)',
  )!;
  return { isAll: found.documents === all.documents, chunks: found.chunks, allChunks: all.chunks };
}

/** Where no document has an access list or has expired, and no list is required, each may be read by everyone in the tenant. */
function isRestricted(database: Database, scope: Scope, now: string): boolean {
  if (scope.reach === 'operator') return false;
  if (scope.accessRequired) return true;
  const { listed } = database.row<{ listed: number }>(
    `SELECT EXISTS (${listedSql}) OR EXISTS (${expiredSql})
         OR EXISTS (SELECT 1 FROM documents WHERE state = ${documentState.live} AND has_allow = 1) AS listed`,
    now,
  )!;
  return listed === 1;
}

/** Counts again only when another connection has written. */
function countAll(database: Database): Count {
  const { dataVersion } = database.row<{ dataVersion: number }>(
    'SELECT data_version AS dataVersion FROM pragma_data_version',
  )!;
  const known = totals.get(database);
  if (known?.dataVersion === dataVersion) return known;
  const counted = database.row<Count>(
    `SELECT count(*) AS documents, coalesce(sum(chunks), 0) AS chunks FROM documents WHERE state = ${documentState.live}`,
  )!;
  totals.set(database, { ...counted, dataVersion });
  return counted;
}
