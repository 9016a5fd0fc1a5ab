import type { LegsQuery } from '../search-engine.ts';
import type { FoundRow } from './complete.ts';
import type { Database } from './database.ts';
import { matchExpression, withinFields } from './match-expression.ts';
import type { Selection } from './selection.ts';

type LexicalQuery = NonNullable<LegsQuery['lexical']>;

/** The MATCH expression of a lexical leg; undefined where nothing can match. */
export function lexicalMatch({ text, fields }: LexicalQuery): string | undefined {
  const words = matchExpression(text);
  return words === undefined ? undefined : withinFields(words, fields);
}

// "+rowid": with a plain "rowid IN" FTS5 would be asked for each rowid one by one, 700 times slower.
const withinSelection = `AND +rowid IN (
  SELECT chunk FROM temp.matching CROSS JOIN chunks USING (document)
)`;

const scoreSql = 'SELECT rowid AS chunk, -bm25(lexical, ?, ?) AS score';
const placeSql = 'chunk, chunk_id, document_id, ordinal';
type Placed = [chunk: number, chunkId: string, documentId: string, ordinal: number];

export interface LexicalHits {
  readonly hits: readonly FoundRow[];
  /** Those of `near` that match and are not among the hits. */
  readonly others: readonly FoundRow[];
}

/** Up to so many chunks of a tenant all matches are taken over and ranked here: SQLite's sorter costs more. */
const fewChunks = 5_000;

/**
 * The chunks with the highest BM25 (FTS5's, k1 1.2, b 0.75), exactly `candidates` of them where so many match; of equal
 * scores the first by document and place.
 * @param near chunks to be scored in the same scan whatever their rank
 */
export function findLexical(
  database: Database,
  query: LexicalQuery,
  selection: Selection,
  near: readonly FoundRow[] = [],
): LexicalHits {
  const match = lexicalMatch(query);
  if (match === undefined || selection.chunks === 0) return { hits: [], others: [] };
  const rank = selection.allChunks <= fewChunks ? rankFew : rankMany;
  const also = new Set(near.map(({ chunk }) => chunk));
  const ranked = rank(database, { ...query, match }, selection, also);
  return {
    hits: ranked.slice(0, query.candidates),
    others: ranked.slice(query.candidates).filter(({ chunk }) => also.has(chunk)),
  };
}

type Matching = LexicalQuery & { readonly match: string };

function rankFew(
  database: Database,
  { match, candidates, fields }: Matching,
  selection: Selection,
  also: ReadonlySet<number>,
): FoundRow[] {
  const scored = database.tuples<[chunk: number, score: number]>(
    `${scoreSql} FROM lexical WHERE lexical MATCH ? ${selection.isAll ? '' : withinSelection}`,
    fields.title,
    fields.text,
    match,
  );
  const lowest = scored.map(([, score]) => score).sort((left, right) => right - left)[candidates - 1];
  const scores = new Map(
    lowest === undefined ? scored : scored.filter(([chunk, score]) => score >= lowest || also.has(chunk)),
  );
  const placed = database.tuples<Placed>(
    `SELECT ${placeSql} FROM json_each(?) CROSS JOIN chunks ON chunk = value CROSS JOIN documents USING (document)
     ORDER BY document_id, ordinal`,
    JSON.stringify([...scores.keys()]),
  );
  // The sort is stable: equal scores keep the order of documents.
  return placed
    .map((place) => toFoundRow(place, scores.get(place[0])!))
    .sort((left, right) => right.score - left.score);
}

/** One scan of the index, whose matches never leave SQLite but for the best and those that share the last one's score. */
function rankMany(
  database: Database,
  { match, candidates, fields }: Matching,
  selection: Selection,
  also: ReadonlySet<number>,
): FoundRow[] {
  const isCompleting = also.size > 0;
  if (isCompleting) noteCompleting(database, also);
  const alsoSql = isCompleting ? 'rowid IN (SELECT chunk FROM temp.completing)' : '0';
  const orderSql = 'score DESC, document_id, ordinal';
  return database
    .tuples<[...Placed, score: number]>(
      `WITH scored AS MATERIALIZED (
         ${scoreSql}, ${alsoSql} AS also FROM lexical
         WHERE lexical MATCH ? ${selection.isAll ? '' : withinSelection}
       ), cut AS MATERIALIZED (
         SELECT score AS lowest FROM scored ORDER BY score DESC LIMIT 1 OFFSET ?
       ), ranked AS (
         SELECT ${placeSql}, score
         FROM scored CROSS JOIN chunks USING (chunk) CROSS JOIN documents USING (document)
         WHERE also = 1 OR score >= ifnull((SELECT lowest FROM cut), score)
         ORDER BY ${isCompleting ? 'also DESC, ' : ''}${orderSql} LIMIT ?
       )
       SELECT * FROM ranked ORDER BY ${orderSql}`,
      fields.title,
      fields.text,
      match,
      candidates - 1,
      candidates + also.size,
    )
    .map((row) => toFoundRow(row, row[4]));
}

function toFoundRow(
  [chunk, chunkId, documentId, ordinal]: readonly [...Placed, ...unknown[]],
  score: number,
): FoundRow {
  return { chunk, chunkId, documentId, ordinal, score };
}

/** Notes the chunks that are scored whatever their rank. */
function noteCompleting(database: Database, chunks: ReadonlySet<number>): void {
  database.run('DELETE FROM temp.completing');
  database.run(
    'INSERT OR IGNORE INTO temp.completing SELECT value FROM json_each(?)',
    JSON.stringify([...chunks]),
  );
}
