import { finite } from '../../domain/finite.ts';
import type { FacetRequest, FacetResult } from '../../domain/search.ts';
import type { LegsQuery } from '../search-engine.ts';
import type { Database } from './database.ts';
import {
  countFacetTree,
  type FacetValue,
  type FacetValues,
  maxBuckets,
  tooManyBuckets,
} from './facet-tree.ts';
import { lexicalMatch } from './lexical-leg.ts';
import { valueType } from './metadata-rows.ts';
import type { Selection } from './selection.ts';

const defaultSize = 10;

/** Counts distinct documents exactly, within the snapshot of the selection. */
export function countFacets(database: Database, query: LegsQuery, selection: Selection): FacetResult[] {
  if (query.facets === undefined || query.facets.length === 0) return [];
  const within = countedDocuments(database, query, selection);
  return query.facets.map((facet) =>
    hasFacets(facet)
      ? countTree(facet, readValues(database, facet, within))
      : countFacet(database, facet, within),
  );
}

/** The condition that leaves the documents to count; rows of `metadata` are of live documents only. */
function countedDocuments(database: Database, query: LegsQuery, selection: Selection): string {
  const matching = 'AND document IN (SELECT document FROM temp.matching)';
  if (!query.facetsMatchText) return selection.isAll ? '' : matching;
  database.run('DELETE FROM temp.counted');
  const match = query.lexical === undefined ? undefined : lexicalMatch(query.lexical);
  if (match !== undefined) {
    database.run(
      `INSERT INTO temp.counted
       SELECT DISTINCT document FROM lexical CROSS JOIN chunks ON chunk = lexical.rowid
       WHERE lexical MATCH ? ${selection.isAll ? '' : matching}`,
      match,
    );
  }
  return 'AND document IN (SELECT document FROM temp.counted)';
}

function hasFacets(facet: FacetRequest): boolean {
  return 'facets' in facet && facet.facets !== undefined;
}

/** What facets inside one another are counted from. */
function readValues(database: Database, facet: FacetRequest, within: string): FacetValues {
  const values = new Map<string, Map<number, FacetValue[]>>();
  for (const key of keysOf(facet)) {
    const held = new Map<number, FacetValue[]>();
    const rows = database.rows<{ type: number; value: number | Uint8Array; document: number }>(
      `SELECT type, value, document FROM metadata WHERE key = ? AND type <= ${valueType.member} ${within}`,
      key,
    );
    for (const { type, value, document } of rows) {
      const read = readValue(type, value);
      const known = held.get(document);
      if (known === undefined) held.set(document, [read]);
      else known.push(read);
    }
    values.set(key, held);
  }
  return values;
}

/** Documents without the outermost key are in none of its buckets. */
function countTree(facet: FacetRequest, values: FacetValues): FacetResult {
  return countFacetTree([facet], values, values.get(facet.key)!.keys())[0]!;
}

function keysOf(facet: FacetRequest): Set<string> {
  const inside = 'facets' in facet ? (facet.facets ?? []) : [];
  return new Set([facet.key, ...inside.flatMap((child) => [...keysOf(child)])]);
}

function readValue(type: number, value: number | Uint8Array): FacetValue {
  if (typeof value !== 'number') return Buffer.from(value).toString();
  return type === valueType.boolean ? value === 1 : value;
}

function countFacet(database: Database, facet: FacetRequest, within: string): FacetResult {
  if ('histogram' in facet) return countBuckets(database, facet.key, facet.histogram, within);
  if ('ranges' in facet) return countRanges(database, facet.key, facet.ranges, within);
  if ('statistics' in facet) return summarize(database, facet.key, within);
  if ('dates' in facet) return countTree(facet, readValues(database, facet, within));
  return countValues(database, facet.key, facet.size ?? defaultSize, within);
}

function countValues(database: Database, key: string, size: number, within: string): FacetResult {
  const rows = database.rows<{ kind: number; value: number | Uint8Array; documents: number }>(
    `SELECT min(type, ${valueType.string}) AS kind, value, count(*) AS documents FROM metadata
     WHERE key = ? AND type <= ${valueType.member} ${within}
     GROUP BY kind, value ORDER BY documents DESC, kind, value LIMIT ?`,
    key,
    size,
  );
  return {
    key,
    values: rows.map(({ kind, value, documents }) => ({ value: readValue(kind, value), documents })),
  };
}

const numbers = `FROM metadata WHERE key = ? AND type = ${valueType.number}`;

function countBuckets(database: Database, key: string, width: number, within: string): FacetResult {
  const rows = database.rows<{ start: number; documents: number }>(
    `SELECT floor(value / ?) * ? AS start, count(*) AS documents ${numbers} ${within}
     GROUP BY start ORDER BY start LIMIT ${maxBuckets + 1}`,
    width,
    width,
    key,
  );
  if (rows.length > maxBuckets) throw tooManyBuckets();
  const held = rows.filter(({ start }) => Number.isFinite(start));
  // −0 becomes 0.
  return { key, histogram: held.map(({ start, documents }) => ({ from: start + 0, documents })) };
}

function countRanges(
  database: Database,
  key: string,
  bounds: readonly number[],
  within: string,
): FacetResult {
  const below = bounds.map((_, at) => `WHEN value < ? THEN ${at}`).join(' ');
  const rows = database.rows<{ place: number; documents: number }>(
    `SELECT CASE ${below} ELSE ${bounds.length} END AS place, count(*) AS documents ${numbers} ${within} GROUP BY place`,
    ...bounds,
    key,
  );
  const counts = new Map(rows.map(({ place, documents }) => [place, documents]));
  const ranges = Array.from({ length: bounds.length + 1 }, (_, at) => {
    const [from, to] = [bounds[at - 1], bounds[at]];
    return {
      ...(from !== undefined && { from }),
      ...(to !== undefined && { to }),
      documents: counts.get(at) ?? 0,
    };
  });
  return { key, ranges };
}

function summarize(database: Database, key: string, within: string): FacetResult {
  const { documents, minimum, maximum, total } = database.row<{
    documents: number;
    minimum: number | null;
    maximum: number | null;
    total: number | null;
  }>(
    `SELECT count(*) AS documents, min(value) AS minimum, max(value) AS maximum, sum(value) AS total ${numbers} ${within}`,
    key,
  )!;
  if (minimum === null || maximum === null || total === null)
    return { key, statistics: { documents, sum: 0 } };
  const sum = finite(total);
  return { key, statistics: { documents, minimum, maximum, mean: sum / documents, sum } };
}
