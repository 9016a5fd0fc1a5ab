import { rmSync } from 'node:fs';
import type { Contender } from './contender.ts';
import { fuseRows } from './fuse-rows.ts';
import { type CorpusShape, chunksOf } from './synthetic-corpus.ts';

/** What is used of `@lancedb/lancedb`, which is no dependency of Braid. */
interface Lance {
  connect(folder: string): Promise<{
    createTable(name: string, rows: readonly object[]): Promise<LanceTable>;
  }>;
  readonly Index: { fts(): unknown; bitmap(): unknown };
}
interface LanceTable {
  add(rows: readonly object[]): Promise<unknown>;
  createIndex(column: string, options: { config: unknown }): Promise<void>;
  optimize(): Promise<unknown>;
  query(): LanceQuery;
}
interface LanceQuery {
  fullTextSearch(text: string): LanceQuery;
  nearestTo(vector: Float32Array): LanceQuery;
  where(filter: string): LanceQuery;
  select(columns: readonly string[]): LanceQuery;
  limit(count: number): LanceQuery;
  toArray(): Promise<{ row: number; text: string; _score?: number; _distance?: number }[]>;
}

const packageName = '@lancedb/lancedb';

/** LanceDB with a full-text and a bitmap index, exact vectors, both legs at once; undefined where it is not installed. */
export async function createLanceDb(
  folder: string,
  shape: CorpusShape,
  candidates: number,
): Promise<Contender | undefined> {
  let lance: Lance;
  try {
    lance = await import(packageName);
  } catch {
    return undefined;
  }
  rmSync(folder, { recursive: true, force: true });
  const connection = await lance.connect(folder);
  let table: LanceTable | undefined;
  return {
    name: 'LanceDB',
    async load(onProgress) {
      for (let tenant = 0; tenant < shape.tenants; tenant += 1) {
        const rows = chunksOf(shape, tenant).map(({ tenantId, text, vector }, at) => ({
          row: tenant * shape.chunksATenant + at,
          tenant: tenantId,
          text,
          vector: Array.from(vector),
        }));
        if (table === undefined) table = await connection.createTable('chunks', rows);
        else await table.add(rows);
        onProgress(tenant + 1);
      }
      await table!.createIndex('text', { config: lance.Index.fts() });
      await table!.createIndex('tenant', { config: lance.Index.bitmap() });
      await table!.optimize();
    },
    async search({ tenantId, text, vector }, topK) {
      const filter = `tenant = '${tenantId}'`;
      const columns = ['row', 'text'];
      const [lexical, dense] = await Promise.all([
        table!
          .query()
          .fullTextSearch(text)
          .where(filter)
          .select([...columns, '_score'])
          .limit(candidates)
          .toArray(),
        table!
          .query()
          .nearestTo(vector)
          .where(filter)
          .select([...columns, '_distance'])
          .limit(candidates)
          .toArray(),
      ]);
      const texts = new Map([...lexical, ...dense].map((hit) => [hit.row, hit.text]));
      const rows = fuseRows(
        lexical.map(({ row, _score }) => ({ row, score: _score! })),
        dense.map(({ row, _distance }) => ({ row, score: 1 - _distance! / 2 })),
        topK,
      );
      return rows.map((row) => texts.get(row)!);
    },
    async close() {},
  };
}
