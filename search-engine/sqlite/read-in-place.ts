import { statSync } from 'node:fs';
import { tenantFile } from './data-folder.ts';
import { isBusy } from './engine-failure.ts';
import type { ReadOperations, WorkerSettings } from './operations.ts';
import { createReader } from './reader.ts';

export interface ReadInPlace {
  /** Undefined where a reading thread has to do it: the tenant is not small, or its file is locked, or all is closed. */
  try<Result>(tenantId: string, read: (operations: ReadOperations) => Result): Result | undefined;
  close(): void;
}

/**
 * Short reads without a thread.
 * @param largestFile in bytes; a tenant whose file is larger is not read here
 */
export function createReadInPlace(settings: Omit<WorkerSettings, 'role'>, largestFile: number): ReadInPlace {
  // No lock is waited for: the event loop would wait with it.
  const reader = createReader(settings, { maxOpenTenants: 100, busyTimeoutMs: 0 });
  let isClosed = false;
  return {
    try(tenantId, read) {
      if (isClosed) return undefined;
      const file = statSync(tenantFile(settings.folder, tenantId), { throwIfNoEntry: false });
      if (file !== undefined && file.size > largestFile) return undefined;
      try {
        return read(reader.operations);
      } catch (error) {
        if (error instanceof Error && isBusy(error.cause)) return undefined;
        throw error;
      }
    },
    close() {
      isClosed = true;
      reader.close();
    },
  };
}
