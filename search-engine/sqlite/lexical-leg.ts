import type { Candidate, LegsQuery } from '../search-engine.ts';
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

function scoredSql(isAll: boolean): string {
  return `SELECT rowid AS chunk, -bm25(lexical, ?, ?) AS score FROM lexical
    WHERE lexical MATCH ? ${isAll ? '' : withinSelection}`;
}

const candidateSql = `SELECT chunk_id AS chunkId, document_id AS documentId, ordinal, score
  FROM scored CROSS JOIN chunks USING (chunk) CROSS JOIN documents USING (document)`;
const orderSql = 'ORDER BY score DESC, document_id, ordinal';

/** The chunks with the highest BM25 (FTS5's, k1 1.2, b 0.75), exactly `candidates` of them where so many match. */
export function findLexical(database: Database, query: LexicalQuery, selection: Selection): Candidate[] {
  const match = lexicalMatch(query);
  if (match === undefined || selection.chunks === 0) return [];
  const { candidates, fields } = query;
  const scored = scoredSql(selection.isAll);
  const parameters = [fields.title, fields.text, match];
  // One more shows whether the cut goes through equal scores; only then all of these are put in their order first.
  const best = database.rows<Candidate>(
    `WITH scored AS MATERIALIZED (${scored} ORDER BY score DESC LIMIT ?) ${candidateSql} ${orderSql}`,
    ...parameters,
    candidates + 1,
  );
  const cut = best[candidates - 1];
  if (cut === undefined || best[candidates] === undefined) return best;
  if (best[candidates].score < cut.score) return best.slice(0, candidates);
  return database.rows<Candidate>(
    `WITH scored AS MATERIALIZED (${scored}) ${candidateSql} WHERE score >= ? ${orderSql} LIMIT ?`,
    ...parameters,
    cut.score,
    candidates,
  );
}
