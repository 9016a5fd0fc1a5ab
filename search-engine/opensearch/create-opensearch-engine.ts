import { EngineMismatch, EngineUnavailable } from '../../domain/errors.ts';
import type { Telemetry } from '../../telemetry/telemetry.ts';
import type { DocumentStore } from '../document-store.ts';
import type { SearchEngine } from '../search-engine.ts';
import type { StateStore } from '../state-store.ts';
import { createBulk } from './bulk.ts';
import { type Connection, connect } from './connection.ts';
import { type ConnectionOptions, checkOptions, type IndexOptions } from './connection-options.ts';
import { createDocumentStates } from './document-state.ts';
import { createGet } from './get.ts';
import { type EmbeddingSpace, type Indices, openIndices } from './indices.ts';
import { createDocumentStore, createWritesInProgress } from './opensearch-document-store.ts';
import { createSearchEngine } from './opensearch-search-engine.ts';
import { createStateStore } from './opensearch-state-store.ts';
import { createRecovery } from './recovery.ts';
import { createStrays } from './strays.ts';
import { pruneVectors } from './vector-cache.ts';

/** The three ports on one OpenSearch. */
export interface OpenSearchEngine {
  readonly engine: SearchEngine;
  readonly documents: DocumentStore;
  readonly state: StateStore;
  /** Resolves when OpenSearch can be searched. @throws {EngineUnavailable} */
  ready(): Promise<void>;
  close(): Promise<void>;
}

export interface OpenSearchEngineOptions {
  readonly connection: ConnectionOptions & IndexOptions;
  readonly embedding: EmbeddingSpace;
  readonly telemetry: Telemetry;
}

const oldestVersion = [3, 5] as const;

/**
 * Opens the engine: checks what answers, makes the indices where they are missing, and finishes writes that a crash has
 * left open.
 * @throws {InvalidConfiguration} for an address that cannot work, Amazon OpenSearch Serverless among them
 * @throws {EngineUnavailable} when OpenSearch cannot be reached
 * @throws {EngineMismatch} when it is too old, or its indices are of another model or schema
 */
export async function createOpenSearchEngine(options: OpenSearchEngineOptions): Promise<OpenSearchEngine> {
  checkOptions(options.connection);
  const connection = connect(options.connection);
  try {
    return await openEngine(connection, options);
  } catch (error) {
    await connection.close();
    throw error;
  }
}

/** The same over a connection that is there already, which it closes in the end. */
export async function openEngine(
  connection: Connection,
  { connection: indexOptions, embedding, telemetry }: OpenSearchEngineOptions,
): Promise<OpenSearchEngine> {
  await checkVersion(connection);
  const indices = await openIndices(connection, indexOptions, embedding);
  const { dimensions } = embedding;
  const wire = { connection, bulk: createBulk(connection), get: createGet(connection) };
  const states = createDocumentStates(wire, indices);
  const tools = { ...wire, indices, states, dimensions };
  const writes = createWritesInProgress();
  const strays = createStrays(tools, telemetry);
  const recovery = createRecovery(tools, telemetry, writes.has, strays);
  await recovery.run().catch((error: unknown) => {
    // Where nothing can be written (a full disk), what stands can still be read.
    if (!(error instanceof EngineUnavailable)) throw error;
    telemetry.log.warn({ error }, 'cannot finish writes that were left open, trying again');
    recovery.schedule();
  });
  const pruning = pruneVectors(wire, indices, new Date()).catch((error: unknown) => {
    // Old vectors only take room; the next start tries again.
    telemetry.log.warn({ error }, 'cannot remove vectors that are no longer used');
  });
  return {
    engine: createSearchEngine(connection, indices, dimensions, strays.suspect),
    documents: createDocumentStore(tools, writes, recovery),
    state: createStateStore(connection, indices),
    ready: () => checkHealth(connection, indices),
    close: async () => {
      recovery.stop();
      await pruning;
      await strays.settle();
      await connection.close();
    },
  };
}

async function checkVersion(connection: Connection): Promise<void> {
  interface Reply {
    readonly version?: { readonly distribution?: string; readonly number?: string };
  }
  const { version } = await connection.request<Reply>({ method: 'GET', path: '/' });
  const [major = 0, minor = 0] = (version?.number ?? '').split('.').map(Number);
  const isNewEnough = major > oldestVersion[0] || (major === oldestVersion[0] && minor >= oldestVersion[1]);
  if (version?.distribution === 'opensearch' && isNewEnough) return;
  throw new EngineMismatch(
    `Cannot use the server at ${connection.url}: it is ${version?.distribution ?? 'not OpenSearch,'} ` +
      `${version?.number ?? 'of no known version'}, expected OpenSearch ${oldestVersion.join('.')} or newer`,
  );
}

async function checkHealth(connection: Connection, indices: Indices): Promise<void> {
  await connection.request({
    method: 'GET',
    path: `/_cluster/health/${indices.pattern}`,
    query: { wait_for_status: 'yellow', timeout: '1s' },
  });
}
