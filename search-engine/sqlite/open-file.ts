import { basename } from 'node:path';
import { EngineMismatch } from '../../domain/errors.ts';
import { Database } from './database.ts';
import type { EmbeddingSpace } from './embedding-space.ts';
import { isBusy } from './engine-failure.ts';
import { applicationId, controlSchema, schemaVersion, selectionSchema, tenantSchema } from './schema.ts';

export type FileKind = 'control' | 'tenant';

// Of 4, 8 and 16 KiB: 384 floats fill a fifth of 8 KiB without an overflow page, and small tenants stay small.
const pageBytes = 8_192;
// Pages mapped are shared by all threads; a private cache would hold them once a connection.
const mappedBytes = 2 ** 30;
const walKeptBytes = 64 * 2 ** 20;
const walModeRetries = 200;

/**
 * Opens a file for writing and creates its tables where it is new. `synchronous = FULL`: each commit is on the disk
 * before it is acknowledged, so that it outlives a power cut as well as a kill.
 * @throws {EngineMismatch} when it was made for other vectors or by a newer Braid
 */
export function openForWriting(path: string, kind: FileKind, embedding: EmbeddingSpace): Database {
  return guarded(new Database(path, 'write'), (database) => {
    database.execute(`PRAGMA page_size = ${pageBytes}`);
    enterWalMode(database);
    database.execute(`
      PRAGMA synchronous = FULL;
      PRAGMA secure_delete = ON;
      PRAGMA temp_store = MEMORY;
      PRAGMA journal_size_limit = ${walKeptBytes};
    `);
    if (!isCreated(database)) {
      database.transaction(() => {
        // Another process may have been quicker.
        if (!isCreated(database)) create(database, kind, embedding);
      });
    }
    checkFile(database, path, embedding);
  });
}

/** Opens a file for reading; undefined while its writer has not created the tables. */
export function openForReading(
  path: string,
  kind: FileKind,
  embedding: EmbeddingSpace,
  busyTimeoutMs?: number,
): Database | undefined {
  let created = true;
  const database = guarded(new Database(path, 'read', busyTimeoutMs), (opened) => {
    opened.execute(`PRAGMA mmap_size = ${mappedBytes}; PRAGMA temp_store = MEMORY;`);
    created = isCreated(opened);
    if (!created) return;
    checkFile(opened, path, embedding);
    if (kind === 'tenant') opened.execute(selectionSchema);
  });
  if (created) return database;
  database.close();
  return undefined;
}

function guarded(database: Database, prepare: (database: Database) => void): Database {
  try {
    prepare(database);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

// SQLite does not wait for a lock where the journal's mode changes, as it does when two processes create one file.
function enterWalMode(database: Database): void {
  for (let attempt = 1; ; attempt += 1) {
    try {
      database.execute('PRAGMA journal_mode = WAL');
      return;
    } catch (error) {
      if (!isBusy(error) || attempt === walModeRetries) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    }
  }
}

function isCreated(database: Database): boolean {
  return pragma(database, 'user_version') !== 0;
}

function create(database: Database, kind: FileKind, embedding: EmbeddingSpace): void {
  database.execute(kind === 'control' ? controlSchema : tenantSchema(embedding));
  const set = 'INSERT INTO settings (name, value) VALUES (?, ?)';
  database.run(set, 'model', embedding.modelId);
  database.run(set, 'dimensions', String(embedding.dimensions));
  database.execute(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${schemaVersion};`);
}

function checkFile(database: Database, path: string, embedding: EmbeddingSpace): void {
  const name = basename(path);
  if (pragma(database, 'application_id') !== applicationId) {
    throw new EngineMismatch(`Cannot open ${name}: it is a database of another program`);
  }
  const version = pragma(database, 'user_version');
  if (version !== schemaVersion) {
    throw new EngineMismatch(
      `Cannot open ${name}: it has schema version ${version}, this Braid reads ${schemaVersion}`,
    );
  }
  const setting = (wanted: string) =>
    database.row<{ value: string }>('SELECT value FROM settings WHERE name = ?', wanted)?.value;
  const [model, dimensions] = [setting('model'), setting('dimensions')];
  if (model !== embedding.modelId || dimensions !== String(embedding.dimensions)) {
    throw new EngineMismatch(
      `Cannot open ${name}: the index has ${dimensions} dimensions of model ${model}, ` +
        `the configuration asks for ${embedding.dimensions} of ${embedding.modelId}`,
    );
  }
}

function pragma(database: Database, name: 'user_version' | 'application_id'): number {
  return database.row<Record<string, number>>(`PRAGMA ${name}`)?.[name] ?? 0;
}
