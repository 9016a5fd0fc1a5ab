import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import type { Telemetry } from '../../telemetry/telemetry.ts';
import type { DocumentStore } from '../document-store.ts';
import type { SearchEngine } from '../search-engine.ts';
import type { StateStore } from '../state-store.ts';
import { createDocumentStore } from './document-store.ts';
import type { EmbeddingSpace } from './embedding-space.ts';
import type { ReadOperations, WorkerSettings, WriteOperations } from './operations.ts';
import { createReadInPlace } from './read-in-place.ts';
import { createSearchEngine } from './search-engine.ts';
import { createStateStore } from './state-store.ts';
import { WorkerPool } from './worker-pool.ts';

export interface SqliteEngineOptions {
  /** Created where it is missing; belongs to Braid alone. */
  readonly folder: string;
  readonly embedding: EmbeddingSpace;
  /** Threads that answer reads, each with its own connections. @default the cores, at most 2 */
  readonly readers?: number;
  /**
   * Largest tenant, in bytes, that is read on the event loop; with what stands in its log only. To send a question to a thread and the reply back
   * costs half a millisecond of CPU; some 1,700 chunks of 384 dimensions take about 2 ms.
   * @default 8388608 (8 MiB)
   */
  readonly readInPlaceBytes?: number;
  /** How long a vector is kept after the last chunk that used it has gone. @default 86400000 (24 h) */
  readonly rememberVectorsMs?: number;
  readonly telemetry: Telemetry;
}

export interface SqliteEngine {
  readonly engine: SearchEngine;
  readonly documents: DocumentStore;
  readonly state: StateStore;
  /** Resolves when reads and writes can be served. */
  ready(): Promise<void>;
  /** Finishes what was asked, then closes the files. */
  close(): Promise<void>;
}

const tidyEveryMs = 3_600_000;

/**
 * Opens the embedded engine: one SQLite file a tenant and one control file in a folder, which several processes may have
 * open at once. SQL runs in worker threads, but for short reads of small tenants (see read-in-place.ts).
 *
 * @throws {EngineMismatch} when the index was made for other vectors or by a newer Braid
 * @throws {EngineUnavailable} when the folder cannot be written or a file is damaged
 */
export async function createSqliteEngine(options: SqliteEngineOptions): Promise<SqliteEngine> {
  const { embedding, telemetry, readers = Math.min(2, availableParallelism()) } = options;
  const settings: Omit<WorkerSettings, 'role'> = {
    folder: resolve(options.folder),
    embedding,
    rememberVectorsMs: options.rememberVectorsMs ?? 24 * 3_600_000,
  };
  const writer = new WorkerPool<WriteOperations>({ ...settings, role: 'writer' }, 1, telemetry.log);
  const reader = new WorkerPool<ReadOperations>({ ...settings, role: 'reader' }, readers, telemetry.log);
  const inPlace = createReadInPlace(settings, options.readInPlaceBytes ?? 8 * 2 ** 20);
  const close = async () => {
    // The last connection to a file moves its log into it, which a reading one cannot.
    inPlace.close();
    await reader.close();
    await writer.close();
  };
  reader.start();
  try {
    await writer.call('open', []);
  } catch (error) {
    await close();
    throw error;
  }
  const tidying = setInterval(() => {
    tidyTenants(writer).catch((error) => {
      telemetry.log.warn({ error }, 'Cannot tidy the embedded engine now; it is tried again in an hour');
    });
  }, tidyEveryMs);
  tidying.unref();
  return {
    engine: createSearchEngine(reader, inPlace, embedding),
    documents: createDocumentStore(reader, writer, embedding),
    state: createStateStore(reader, writer),
    async ready() {
      await Promise.all([writer.call('open', []), reader.call('ping', [])]);
    },
    async close() {
      clearInterval(tidying);
      await close();
    },
  };
}

/** In small calls, so that writes get in between. */
async function tidyTenants(writer: WorkerPool<WriteOperations>): Promise<void> {
  for (const tenantId of await writer.call('tenants', [])) {
    while (!(await writer.call('tidy', [tenantId]))) {
      // Until nothing is left to do.
    }
  }
}
