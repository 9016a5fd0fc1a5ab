import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { getLoadablePath } from 'sqlite-vec';
import { tokenizer } from '../../search-engine/sqlite/schema.ts';
import type { BareBulk } from './bare-opensearch.ts';

/** One transaction of 500 chunks: a row, its words in FTS5 and its vector in sqlite-vec; no records, no old chunks. */
export function createBareSqlite(folder: string, dimensions: number): BareBulk {
  mkdirSync(folder, { recursive: true });
  const database = new DatabaseSync(join(folder, 'bare.sqlite'), { allowExtension: true });
  database.loadExtension(getLoadablePath());
  database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
    CREATE TABLE chunks (chunk INTEGER PRIMARY KEY, chunk_id TEXT NOT NULL UNIQUE, text TEXT NOT NULL, metadata TEXT NOT NULL);
    CREATE VIRTUAL TABLE lexical USING fts5(body, tokenize = '${tokenizer}');
    CREATE VIRTUAL TABLE nearest USING vec0(embedding float[${dimensions}], chunk_size=128);`);
  const insert = database.prepare('INSERT INTO chunks (chunk_id, text, metadata) VALUES (?, ?, ?)');
  const words = database.prepare('INSERT INTO lexical (rowid, body) VALUES (?, ?)');
  const nearest = database.prepare('INSERT INTO nearest (rowid, embedding) VALUES (?, ?)');
  return {
    description: 'bare SQL, one transaction for 125 documents',
    async write(documents) {
      for (let at = 0; at < documents.length; at += 125) {
        database.exec('BEGIN IMMEDIATE');
        for (const { record, chunks } of documents.slice(at, at + 125)) {
          for (const { chunk, vector } of chunks!.chunks) {
            const { lastInsertRowid } = insert.run(
              chunk.chunkId,
              chunk.text,
              JSON.stringify(record.metadata!.value),
            );
            words.run(lastInsertRowid, chunk.text);
            nearest.run(
              BigInt(lastInsertRowid),
              new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength),
            );
          }
        }
        database.exec('COMMIT');
      }
    },
    async remove() {
      database.close();
    },
  };
}
