import { controlFile, listTenants, tenantPlace } from './data-folder.ts';
import type { Database } from './database.ts';
import { toEngineError } from './engine-failure.ts';
import { fetchChunks, readFeatures } from './fetch.ts';
import { find, findNothing } from './find.ts';
import { Highlighter } from './highlighter.ts';
import { openForReading } from './open-file.ts';
import { OpenTenants } from './open-tenants.ts';
import type { ReadOperations, StatePlace, TenantStateRow, WorkerSettings } from './operations.ts';
import { findRecord, listChunks, listParents, listRecords, readVectors } from './read-documents.ts';
import { getEntry, listEntries } from './state-entries.ts';

export interface Reader {
  readonly operations: ReadOperations;
  close(): void;
}

export interface ReaderOptions {
  /**
   * Files kept open, those used last. Three descriptors each, and a process has 1,024 where it may not raise that: two
   * reading threads, the writing one and what is read in place stay below 700.
   * @default 50
   */
  readonly maxOpenTenants?: number;
  /** How long another's lock is waited for. @default 10000 */
  readonly busyTimeoutMs?: number;
  /** Most bytes of a tenant that is read. @default no limit */
  readonly largestTenant?: number;
}

/**
 * The operations of a reading thread, and its end. A tenant that does not exist reads as empty.
 * @throws {TenantTooLarge} from each operation on a tenant with more than `largestTenant` bytes
 */
export function createReader(
  { folder, embedding }: Omit<WorkerSettings, 'role'>,
  { maxOpenTenants = 50, busyTimeoutMs, largestTenant }: ReaderOptions = {},
): Reader {
  const tenants = new OpenTenants(folder, embedding, {
    maxOpen: maxOpenTenants,
    busyTimeoutMs,
    largestTenant,
  });
  const highlighter = new Highlighter();
  let control: Database | undefined;

  function inTenant<Result>(tenantId: string, absent: Result, read: (database: Database) => Result): Result {
    try {
      const database = tenants.reading(tenantId);
      return database === undefined ? absent : read(database);
    } catch (error) {
      throw toEngineError(error, `read tenant ${JSON.stringify(tenantId)}`, tenantPlace(tenantId));
    }
  }

  function inPlace<Result>(place: StatePlace, absent: Result, read: (database: Database) => Result): Result {
    if (place !== 'system') return inTenant(place.tenantId, absent, read);
    try {
      control ??= openForReading(controlFile(folder), 'control', embedding);
      return control === undefined ? absent : read(control);
    } catch (error) {
      throw toEngineError(error, 'read the index', controlFile(folder));
    }
  }

  return {
    operations: {
      find: (scope, query) =>
        inTenant(scope.tenantId, undefined, (database) => find(database, scope, query)) ?? findNothing(query),
      fetch: (scope, references, options) =>
        inTenant(scope.tenantId, [], (database) =>
          fetchChunks(database, scope, references, options, highlighter),
        ),
      features: (scope, references, options) =>
        inTenant(scope.tenantId, { features: [], vectors: new Float32Array() }, (database) =>
          readFeatures(database, scope, references, options, embedding.dimensions),
        ),
      record: (tenantId, documentId) =>
        inTenant(tenantId, undefined, (database) => findRecord(database, documentId)),
      list: (scope, page) =>
        inTenant(scope.tenantId, { records: [] }, (database) => listRecords(database, scope, page)),
      chunks: (scope, documentId) =>
        inTenant(scope.tenantId, [], (database) => listChunks(database, scope, documentId)),
      parents: (scope, documentId) =>
        inTenant(scope.tenantId, [], (database) => listParents(database, scope, documentId)),
      vectors: (tenantId, fingerprints) =>
        inTenant(tenantId, { fingerprints: [], vectors: new Float32Array() }, (database) =>
          readVectors(database, fingerprints, embedding.dimensions),
        ),
      getState: (place, collection, key) =>
        inPlace(place, undefined, (database) => getEntry(database, collection, key)),
      listState: (place, collection, page) =>
        inPlace(place, [], (database) => listEntries(database, collection, page)),
      listAllState: (collection, page) => {
        const entries = listTenants(folder).flatMap((tenantId): TenantStateRow[] =>
          inTenant(tenantId, [], (database) =>
            listEntries(database, collection, page).map((entry) => ({ ...entry, tenantId })),
          ),
        );
        return firstByKey(entries, page.limit);
      },
      ping() {},
    },
    close() {
      tenants.close();
      control?.close();
      highlighter.close();
    },
  };
}

/** The first `limit` by key, and whatever has the last one's key: a page that goes on after it leaves out no tenant. */
function firstByKey(entries: readonly TenantStateRow[], limit: number): TenantStateRow[] {
  const keyed = entries.map((entry) => ({ entry, bytes: Buffer.from(entry.key) }));
  keyed.sort((left, right) => Buffer.compare(left.bytes, right.bytes));
  const last = keyed[limit - 1];
  return keyed
    .filter(({ bytes }, at) => at < limit || (last !== undefined && bytes.equals(last.bytes)))
    .map(({ entry }) => entry);
}
