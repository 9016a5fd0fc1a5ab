import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { getLoadablePath } from 'sqlite-vec';
import type { Contender } from './contender.ts';
import { fuseRows, type LegRow } from './fuse-rows.ts';
import { type CorpusShape, chunksOf } from './synthetic-corpus.ts';

/**
 * The floor: FTS5 and sqlite-vec by hand, in the calling thread, with the least SQL that gives the same ten texts.
 * `shared`: one file, the tenant a token of the text index and a partition of the vectors. `file a tenant`: Braid's
 * own layout, each tenant's file open from the start, so that there is nothing to filter.
 */
export function createBareSql(
  layout: 'shared' | 'file a tenant',
  folder: string,
  shape: CorpusShape,
  candidates: number,
): Contender {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const isShared = layout === 'shared';
  const files = new Map<string, Statements>();
  const fileOf = (tenantId: string) => (isShared ? 'all' : tenantId);

  return {
    name: `bare SQL, ${isShared ? 'one file' : layout}`,
    async load(onProgress) {
      for (let tenant = 0; tenant < shape.tenants; tenant += 1) {
        const chunks = chunksOf(shape, tenant);
        const { tenantId } = chunks[0]!;
        let file = files.get(fileOf(tenantId));
        if (file === undefined) {
          file = open(join(folder, `${fileOf(tenantId)}.sqlite`), shape.dimensions, isShared);
          files.set(fileOf(tenantId), file);
        }
        const { database, addText, addWords, addVector } = file;
        database.exec('BEGIN');
        for (const { text, vector } of chunks) {
          const row = BigInt(addText.run(text).lastInsertRowid);
          addWords.run(row, isShared ? `${text} tenant${tenantId}` : text);
          if (isShared) addVector.run(row, tenantId, vector);
          else addVector.run(row, vector);
        }
        database.exec('COMMIT');
        onProgress(tenant + 1);
      }
    },
    async search({ tenantId, text, vector }, topK) {
      const { words, near, show } = files.get(fileOf(tenantId))!;
      const any = text
        .split(' ')
        .map((word) => `"${word}"`)
        .join(' OR ');
      const lexical = words.all(isShared ? `tenant${tenantId} AND (${any})` : any, candidates) as LegRow[];
      const dense = (
        isShared ? near.all(vector, candidates, tenantId) : near.all(vector, candidates)
      ) as LegRow[];
      return fuseRows(lexical, dense, topK).map((row) => String(show.get(row)!.text));
    },
    async close() {
      for (const { database } of files.values()) database.close();
    },
  };
}

interface Statements {
  readonly database: DatabaseSync;
  readonly addText: StatementSync;
  readonly addWords: StatementSync;
  readonly addVector: StatementSync;
  readonly words: StatementSync;
  readonly near: StatementSync;
  readonly show: StatementSync;
}

function open(path: string, dimensions: number, isShared: boolean): Statements {
  const database = new DatabaseSync(path, { allowExtension: true });
  database.loadExtension(getLoadablePath());
  database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
    CREATE TABLE texts (chunk INTEGER PRIMARY KEY, text TEXT NOT NULL);
    CREATE VIRTUAL TABLE words USING fts5(body, content = '', tokenize = 'porter unicode61 remove_diacritics 2');
    CREATE VIRTUAL TABLE nearest USING vec0(
      ${isShared ? 'tenant TEXT PARTITION KEY, ' : ''}embedding float[${dimensions}], chunk_size=128);`);
  const tenant = isShared ? 'tenant, ' : '';
  return {
    database,
    addText: database.prepare('INSERT INTO texts (text) VALUES (?)'),
    addWords: database.prepare('INSERT INTO words (rowid, body) VALUES (?, ?)'),
    addVector: database.prepare(
      `INSERT INTO nearest (rowid, ${tenant}embedding) VALUES (?, ${isShared ? '?, ' : ''}?)`,
    ),
    words: database.prepare(
      'SELECT rowid AS row, -rank AS score FROM words WHERE words MATCH ? ORDER BY rank LIMIT ?',
    ),
    near: database.prepare(
      `SELECT rowid AS row, 1 - distance * distance / 2 AS score FROM nearest
       WHERE embedding MATCH ? AND k = ? ${isShared ? 'AND tenant = ?' : ''}`,
    ),
    show: database.prepare('SELECT text FROM texts WHERE chunk = ?'),
  };
}
