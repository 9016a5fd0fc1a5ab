import { once } from 'node:events';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { tenantFile } from '../../search-engine/sqlite/data-folder.ts';
import type { Floor } from './floor-opensearch.ts';

/**
 * The two legs as bare SQL in a worker thread: FTS5 and sqlite-vec on the tenant's own file, 100 candidates each, the
 * filter as one `rowid IN` of the metadata table. Nothing is fused and no text is read.
 */
export async function createSqliteFloor(folder: string): Promise<Floor> {
  const worker = new Worker(new URL(`./floor-sqlite-worker${extname(import.meta.url)}`, import.meta.url));
  const waiting = new Map<number, { resolve(): void; reject(error: Error): void }>();
  let next = 0;
  worker.on('message', ({ id, error }: { id: number; error?: string }) => {
    const request = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) request?.resolve();
    else request?.reject(new Error(error));
  });
  worker.on('error', (error) => {
    for (const request of waiting.values()) request.reject(error as Error);
  });
  await once(worker, 'online');
  return {
    description:
      'the two legs as bare SQL in one worker thread: FTS5 and sqlite-vec, 100 candidates each, the filter as one rowid IN; no fusion, no text',
    search: ({ tenantId, text, vector, filter }) =>
      new Promise<void>((resolve, reject) => {
        const id = next;
        next += 1;
        waiting.set(id, { resolve, reject });
        const below =
          filter === undefined ? undefined : (filter as { lessThan: { value: number } }).lessThan.value;
        worker.postMessage({ id, file: tenantFile(folder, tenantId), text, vector, below });
      }),
    async close() {
      await worker.terminate();
    },
  };
}
