import { statSync } from 'node:fs';
import { tenantFile } from './data-folder.ts';
import type { Database } from './database.ts';
import type { EmbeddingSpace } from './embedding-space.ts';
import { openForReading, openForWriting } from './open-file.ts';

interface OpenTenant {
  readonly database: Database;
  readonly inode: bigint;
}

/** The tenant files that one thread has open, those used last. */
export class OpenTenants {
  readonly #folder: string;
  readonly #embedding: EmbeddingSpace;
  readonly #maxOpen: number;
  readonly #busyTimeoutMs: number | undefined;
  readonly #open = new Map<string, OpenTenant>();

  /** @param busyTimeoutMs how long a reading connection waits for another's lock */
  constructor(folder: string, embedding: EmbeddingSpace, maxOpen: number, busyTimeoutMs?: number) {
    this.#folder = folder;
    this.#embedding = embedding;
    this.#maxOpen = maxOpen;
    this.#busyTimeoutMs = busyTimeoutMs;
  }

  /** Undefined where the tenant does not exist. */
  reading(tenantId: string): Database | undefined {
    const path = tenantFile(this.#folder, tenantId);
    const inode = inodeOf(path);
    const held = this.#held(tenantId, inode);
    if (held !== undefined || inode === undefined) return held;
    return this.#keep(tenantId, openForReading(path, 'tenant', this.#embedding, this.#busyTimeoutMs), inode);
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
  return statSync(path, { bigint: true, throwIfNoEntry: false })?.ino;
}
