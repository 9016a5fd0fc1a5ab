import { isBusy } from './engine-failure.ts';
import { TenantTooLarge } from './open-tenants.ts';
import type { ReadOperations, WorkerSettings } from './operations.ts';
import { createReader } from './reader.ts';

export interface ReadInPlace {
  /** Undefined where a reading thread has to do it: the tenant is not small, or its file is locked, or all is closed. */
  try<Result>(read: (operations: ReadOperations) => Result): Result | undefined;
  close(): void;
}

/**
 * Short reads without a thread.
 * @param largestTenant in bytes; a tenant that has more is not read here
 */
export function createReadInPlace(
  settings: Omit<WorkerSettings, 'role'>,
  largestTenant: number,
): ReadInPlace {
  // No lock is waited for: the event loop would wait with it.
  const reader = createReader(settings, { maxOpenTenants: 100, busyTimeoutMs: 0, largestTenant });
  let isClosed = false;
  return {
    try(read) {
      if (isClosed) return undefined;
      try {
        return read(reader.operations);
      } catch (error) {
        if (error instanceof TenantTooLarge) return undefined;
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
