import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { parentPort } from 'node:worker_threads';
import { getLoadablePath } from 'sqlite-vec';
import { valueType } from '../../search-engine/sqlite/metadata-rows.ts';
import { shareKey } from './synthetic-corpus.ts';

/** One search of `createSqliteFloor`. */
interface Search {
  readonly id: number;
  readonly file: string;
  readonly text: string;
  readonly vector: Float32Array;
  readonly below?: number;
}

interface Prepared {
  readonly lexical: StatementSync;
  readonly lexicalFiltered: StatementSync;
  readonly dense: StatementSync;
  readonly denseFiltered: StatementSync;
}

const candidates = 100;
const files = new Map<string, Prepared>();
const passing = `SELECT document FROM metadata WHERE key = '${shareKey}' AND type = ${valueType.number} AND value < ?`;

function open(file: string): Prepared {
  const database = new DatabaseSync(file, { readOnly: true, allowExtension: true });
  database.loadExtension(getLoadablePath());
  const lexical = (filter: string) =>
    database.prepare(
      `SELECT rowid, bm25(lexical, 1, 1) AS score FROM lexical WHERE lexical MATCH ? ${filter} ORDER BY score LIMIT ${candidates}`,
    );
  const dense = (filter: string) =>
    database.prepare(
      `SELECT rowid, distance FROM nearest WHERE embedding MATCH ? AND k = ${candidates} ${filter}`,
    );
  return {
    lexical: lexical(''),
    lexicalFiltered: lexical(`AND +rowid IN (SELECT chunk FROM chunks WHERE document IN (${passing}))`),
    dense: dense(''),
    denseFiltered: dense(`AND rowid IN (SELECT vector FROM chunks WHERE document IN (${passing}))`),
  };
}

parentPort!.on('message', ({ id, file, text, vector, below }: Search) => {
  try {
    const prepared = files.get(file) ?? open(file);
    files.set(file, prepared);
    const words = [...new Set(text.split(' '))].map((word) => `"${word}"`).join(' OR ');
    const bytes = new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
    if (below === undefined) {
      prepared.lexical.all(words);
      prepared.dense.all(bytes);
    } else {
      prepared.lexicalFiltered.all(words, below);
      prepared.denseFiltered.all(bytes, below);
    }
    parentPort!.postMessage({ id });
  } catch (error) {
    parentPort!.postMessage({ id, error: (error as Error).message });
  }
});
