import { type BigIntStats, statSync } from 'node:fs';
import { tenantFile } from './data-folder.ts';
import type { Database } from './database.ts';
import type { EmbeddingSpace } from './embedding-space.ts';
import { openForReading, openForWriting } from './open-file.ts';

interface OpenTenant {
  readonly database: Database;
  readonly inode: bigint;
}

export interface OpenTenantsOptions {
  readonly maxOpen: number;
  /** How long a reading connection waits for another's lock, in milliseconds. */
  readonly busyTimeoutMs?: number | undefined;
  /** Most bytes of a tenant that is opened for reading, with what stands in its log only. @default no limit */
  readonly largestTenant?: number | undefined;
}

/** A tenant has more than is read here. */
export class TenantTooLarge extends Error {}

/** The tenant files that one thread has open, those used last. */
export class OpenTenants {
  readonly #folder: string;
  readonly #embedding: EmbeddingSpace;
  readonly #maxOpen: number;
  readonly #busyTimeoutMs: number | undefined;
  readonly #largestTenant: number;
  readonly #open = new Map<string, OpenTenant>();

  constructor(
    folder: string,
    embedding: EmbeddingSpace,
    { maxOpen, busyTimeoutMs, largestTenant = Number.POSITIVE_INFINITY }: OpenTenantsOptions,
  ) {
    this.#folder = folder;
    this.#embedding = embedding;
    this.#maxOpen = maxOpen;
    this.#busyTimeoutMs = busyTimeoutMs;
    this.#largestTenant = largestTenant;
  }

  /**
   * Undefined where the tenant does not exist.
   * @throws {TenantTooLarge}
   */
  reading(tenantId: string): Database | undefined {
    const path = tenantFile(this.#folder, tenantId);
    const file = statOf(path);
    if (file !== undefined && file.size > this.#largestTenant) {
      this.release(tenantId);
      throw new TenantTooLarge();
    }
    const held = this.#held(tenantId, file?.ino);
    if (file === undefined) return undefined;
    const database = held ?? this.#keep(tenantId, this.#openForReading(path), file.ino);
    if (this.#largestTenant === Number.POSITIVE_INFINITY) return database;
    // The file alone tells little: what was written last stands in the log beside it, whose own size tells of the past.
    if (database !== undefined && database.bytes() > this.#largestTenant) {
      this.release(tenantId);
      throw new TenantTooLarge();
    }
    return database;
  }

  /** Creates the tenant where it does not exist. */
  writing(tenantId: string): Database {
    const path = tenantFile(this.#folder, tenantId);
    const held = this.#held(tenantId, inodeOf(path));
    if (held !== undefined) return held;
    const database = openForWriting(path, 'tenant', this.#embedding);
    this.#keep(tenantId, database, inodeOf(path));
    return database;
  }

  /** As `writing`, but undefined where the tenant does not exist. */
  existing(tenantId: string): Database | undefined {
    return inodeOf(tenantFile(this.#folder, tenantId)) === undefined ? undefined : this.writing(tenantId);
  }

  /** Lets go of a tenant's file. */
  release(tenantId: string): void {
    this.#open.get(tenantId)?.database.close();
    this.#open.delete(tenantId);
  }

  close(): void {
    for (const { database } of this.#open.values()) database.close();
    this.#open.clear();
  }

  #openForReading(path: string): Database | undefined {
    try {
      return openForReading(path, 'tenant', this.#embedding, this.#busyTimeoutMs);
    } catch (error) {
      // Another process may have removed the tenant since it was looked for.
      if (statOf(path) === undefined) return undefined;
      throw error;
    }
  }

  /** A file that was deleted, or put there anew, is not the one that is open: its data must no longer be served. */
  #held(tenantId: string, inode: bigint | undefined): Database | undefined {
    const held = this.#open.get(tenantId);
    if (held === undefined) return undefined;
    this.#open.delete(tenantId);
    if (held.inode === inode) {
      this.#open.set(tenantId, held);
      return held.database;
    }
    held.database.close();
    return undefined;
  }

  #keep(tenantId: string, database: Database | undefined, inode: bigint | undefined): Database | undefined {
    if (database === undefined || inode === undefined) return database;
    for (const [oldest, { database: unused }] of this.#open) {
      if (this.#open.size < this.#maxOpen) break;
      this.#open.delete(oldest);
      unused.close();
    }
    this.#open.set(tenantId, { database, inode });
    return database;
  }
}

function inodeOf(path: string): bigint | undefined {
  return statOf(path)?.ino;
}

function statOf(path: string): BigIntStats | undefined {
  return statSync(path, { bigint: true, throwIfNoEntry: false });
}
