import { accessSync, constants, mkdirSync } from 'node:fs';
import { controlFile, listTenants, tenantFile, tenantPlace, tenantsFolder } from './data-folder.ts';
import type { Database } from './database.ts';
import { type CarriedError, packError, toEngineError } from './engine-failure.ts';
import { forget } from './forget.ts';
import { openForWriting } from './open-file.ts';
import { OpenTenants } from './open-tenants.ts';
import type { WorkerSettings, WriteOperations } from './operations.ts';
import { countTenant, deleteTenantFile, emptyLog, removeAllEntries } from './remove-tenant.ts';
import { replaceAll } from './replace.ts';
import { putEntry, removeEntry } from './state-entries.ts';
import { sweepWords } from './sweep-words.ts';
import { tidyVectors } from './tidy-vectors.ts';

const maxOpenTenants = 32;
const tidyEveryMs = 10 * 60_000;

/** The operations of the writing thread, and its end. */
export function createWriter({ folder, embedding, rememberVectorsMs }: WorkerSettings): {
  readonly operations: WriteOperations;
  close(): void;
} {
  const tenants = new OpenTenants(folder, embedding, { maxOpen: maxOpenTenants });
  const tidiedAt = new WeakMap<Database, number>();
  let control: Database | undefined;

  function inTenant<Result>(tenantId: string, write: (database: Database) => Result): Result {
    return guarded(tenantId, () => write(tenants.writing(tenantId)));
  }

  /** Nothing is done, nor created, where the tenant does not exist. */
  function inExistingTenant<Result>(
    tenantId: string,
    absent: Result,
    write: (database: Database) => Result,
  ): Result {
    return guarded(tenantId, () => {
      const database = tenants.existing(tenantId);
      return database === undefined ? absent : write(database);
    });
  }

  function guarded<Result>(tenantId: string, run: () => Result): Result {
    try {
      return run();
    } catch (error) {
      throw toEngineError(error, `write to tenant ${JSON.stringify(tenantId)}`, tenantPlace(tenantId));
    }
  }

  function failureOf(error: unknown, tenantId: string): CarriedError {
    return packError(
      toEngineError(error, `write to tenant ${JSON.stringify(tenantId)}`, tenantPlace(tenantId)),
    );
  }

  function inControl<Result>(write: (database: Database) => Result): Result {
    try {
      control ??= openForWriting(controlFile(folder), 'control', embedding);
      return write(control);
    } catch (error) {
      throw toEngineError(error, 'write to the index', controlFile(folder));
    }
  }

  function tidyNowAndThen(database: Database): void {
    const now = Date.now();
    if (now - (tidiedAt.get(database) ?? 0) < tidyEveryMs) return;
    tidiedAt.set(database, now);
    tidyVectors(database, embedding, rememberVectorsMs);
  }

  return {
    operations: {
      open() {
        try {
          mkdirSync(tenantsFolder(folder), { recursive: true });
          // SQLite would say of a read-only folder only that a file cannot be opened.
          accessSync(tenantsFolder(folder), constants.R_OK | constants.W_OK);
          control ??= openForWriting(controlFile(folder), 'control', embedding);
        } catch (error) {
          throw toEngineError(error, 'open the index', folder);
        }
      },
      replaceAll: (tenantId, writes) =>
        inTenant(tenantId, (database) => {
          tidyNowAndThen(database);
          return replaceAll(database, writes, (error) => failureOf(error, tenantId));
        }),
      forget: (tenantId, documentId, expected) =>
        inTenant(tenantId, (database) => forget(database, documentId, expected)),
      putState(place, collection, key, value, expected) {
        const put = (database: Database) => putEntry(database, collection, key, value, expected);
        return place === 'system' ? inControl(put) : inTenant(place.tenantId, put);
      },
      removeState(place, collection, key) {
        const remove = (database: Database) => removeEntry(database, collection, key);
        if (place === 'system') inControl(remove);
        else inExistingTenant(place.tenantId, undefined, remove);
      },
      tidy: (tenantId) =>
        inExistingTenant(tenantId, true, (database) => {
          tidyVectors(database, embedding, rememberVectorsMs);
          return sweepWords(database);
        }),
      removeTenant: (tenantId) =>
        inExistingTenant(tenantId, { documents: 0, chunks: 0, vectors: 0 }, (database) => {
          const removed = countTenant(database);
          emptyLog(database);
          tenants.release(tenantId);
          deleteTenantFile(tenantFile(folder, tenantId));
          return removed;
        }),
      removeTenantState: (tenantId) => inExistingTenant(tenantId, {}, removeAllEntries),
      tenants: () => listTenants(folder),
    },
    close() {
      tenants.close();
      control?.close();
    },
  };
}
