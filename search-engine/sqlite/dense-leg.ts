import type { LegsQuery } from '../search-engine.ts';
import { cosineOf, type FoundRow } from './complete.ts';
import type { Database } from './database.ts';
import type { Selection } from './selection.ts';

type DenseQuery = NonNullable<LegsQuery['dense']>;

type Near = [
  chunk: number,
  chunkId: string,
  documentId: string,
  ordinal: number,
  distance: number,
  vector: number,
  document: number,
];

/** sqlite-vec returns no more neighbours than this. */
const maxNeighbours = 4_096;
/** Share of chunks below which reading the selected ones one by one is quicker than scanning all. */
const narrowShare = 0.4;

const columns = 'chunk, chunk_id, document_id, ordinal, distance, vector, document';
/** Places of `columns`. */
const at = { distance: 4, vector: 5, document: 6 } as const;
const order = 'ORDER BY distance, document_id, ordinal';

/** The chunks with the highest cosine: exact, and exactly `candidates` of them where so many are selected. */
export function findDense(
  database: Database,
  { vector, candidates }: DenseQuery,
  selection: Selection,
): FoundRow[] {
  if (selection.chunks === 0) return [];
  const isWide = selection.chunks >= narrowShare * selection.allChunks && candidates < maxNeighbours;
  const near = isWide ? scanAll(database, vector, candidates, selection) : undefined;
  return (near ?? measureEach(database, vector, candidates, selection)).map(toFoundRow);
}

/**
 * Asks sqlite-vec for the nearest of all vectors, more of them the more the selection leaves out, and keeps the selected:
 * what is farther than the last of all is farther than each of these. (Given the selection as `rowid IN`, sqlite-vec
 * takes four times as long.) Undefined where it cannot tell the nearest so.
 */
function scanAll(
  database: Database,
  vector: Float32Array,
  candidates: number,
  selection: Selection,
): Near[] | undefined {
  const expected = Math.ceil((1.2 * candidates * selection.allChunks) / selection.chunks);
  const neighbours = Math.min(selection.isAll ? candidates + 1 : expected + 10, maxNeighbours);
  const near = database.tuples<Near>(
    `WITH near AS MATERIALIZED (
       SELECT rowid AS vector, distance FROM nearest WHERE embedding MATCH ? AND k = ?
     )
     SELECT ${columns} FROM near CROSS JOIN chunks USING (vector) CROSS JOIN documents USING (document) ${order}`,
    vector,
    BigInt(neighbours),
  );
  const farthest = near.at(-1)?.[at.distance];
  const isComplete = new Set(near.map((row) => row[at.vector])).size < neighbours;
  const selected = selection.isAll ? near : keepSelected(database, near);
  const cut = selected[candidates - 1];
  // Where the cut goes through equal distances, some of the equal ones may not be among the neighbours.
  const isCertain =
    isComplete || (cut !== undefined && farthest !== undefined && cut[at.distance] < farthest);
  return isCertain ? selected.slice(0, candidates) : undefined;
}

function keepSelected(database: Database, near: readonly Near[]): Near[] {
  const matching = 'SELECT 1 FROM temp.matching WHERE document = ?';
  return near.filter((row) => database.row(matching, row[at.document]) !== undefined);
}

function measureEach(
  database: Database,
  vector: Float32Array,
  candidates: number,
  selection: Selection,
): Near[] {
  const selected = selection.isAll ? 'chunks' : 'temp.matching CROSS JOIN chunks USING (document)';
  return database.tuples<Near>(
    `SELECT chunk, chunk_id, document_id, ordinal, vec_distance_l2(embedding, ?) AS distance, vector, document
     FROM ${selected} CROSS JOIN vectors USING (vector) CROSS JOIN documents USING (document)
     ${order} LIMIT ?`,
    vector,
    candidates,
  );
}

function toFoundRow([chunk, chunkId, documentId, ordinal, distance]: Near): FoundRow {
  return { chunk, chunkId, documentId, ordinal, score: cosineOf(distance) };
}
