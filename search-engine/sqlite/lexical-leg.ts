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

/** `also`: whether the chunk is one that the dense leg found and wants scored. */
function scoredSql(selection: Selection, isCompleting: boolean): string {
  const also = isCompleting ? 'rowid IN (SELECT chunk FROM temp.completing)' : '0';
  return `SELECT rowid AS chunk, -bm25(lexical, ?, ?) AS score, ${also} AS also FROM lexical
    WHERE lexical MATCH ? ${selection.isAll ? '' : withinSelection}`;
}

const candidateSql = `SELECT chunk, chunk_id AS chunkId, document_id AS documentId, ordinal, score, also
  FROM scored CROSS JOIN chunks USING (chunk) CROSS JOIN documents USING (document)`;
const orderSql = 'ORDER BY score DESC, document_id, ordinal';

export interface LexicalHits {
  readonly hits: FoundRow[];
  /** Those of `temp.completing` that match and are not among the hits. */
  readonly others: readonly FoundRow[];
}

interface ScoredRow extends FoundRow {
  readonly also: number;
}

/**
 * The chunks with the highest BM25 (FTS5's, k1 1.2, b 0.75), exactly `candidates` of them where so many match.
 * @param completing how many chunks stand in `temp.completing`, to be scored in the same scan whatever their rank
 */
export function findLexical(
  database: Database,
  query: LexicalQuery,
  selection: Selection,
  completing = 0,
): LexicalHits {
  const match = lexicalMatch(query);
  if (match === undefined || selection.chunks === 0) return { hits: [], others: [] };
  const { candidates, fields } = query;
  const scored = scoredSql(selection, completing > 0);
  const parameters = [fields.title, fields.text, match];
  // One more shows whether the cut goes through equal scores; only then all of these are put in their order first.
  const rows = database.rows<ScoredRow>(
    `WITH scored AS MATERIALIZED (${scored} ORDER BY ${completing > 0 ? 'also DESC, ' : ''}score DESC LIMIT ?)
     ${candidateSql} ${orderSql}`,
    ...parameters,
    candidates + 1 + completing,
  );
  const cut = rows[candidates - 1];
  const isTied = cut !== undefined && rows[candidates]?.score === cut.score;
  const hits = isTied
    ? database.rows<ScoredRow>(
        `WITH scored AS MATERIALIZED (${scored}) ${candidateSql} WHERE score >= ? ${orderSql} LIMIT ?`,
        ...parameters,
        cut.score,
        candidates,
      )
    : rows.slice(0, candidates);
  const among = new Set(hits.map(({ chunk }) => chunk));
  return { hits, others: rows.filter(({ chunk, also }) => also === 1 && !among.has(chunk)) };
}
