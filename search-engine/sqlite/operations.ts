import type { Chunk, ParentChunk } from '../../domain/chunk.ts';
import type { Scope } from '../../domain/scope.ts';
import type { ListPage, RemovedDocuments, StoredRecord } from '../document-store.ts';
import type {
  ChunkReference,
  FeatureOptions,
  FetchOptions,
  FoundChunk,
  LegsQuery,
  LegsResult,
} from '../search-engine.ts';
import type { EmbeddingSpace } from './embedding-space.ts';
import type { CarriedError } from './engine-failure.ts';
import type { PackedFeatures } from './fetch.ts';
import type { PackedVectors, PackedWrite } from './packed-write.ts';
import type { RecordPage } from './read-documents.ts';
import type { StatePage, StateRow } from './state-entries.ts';

/** Whose state an entry is: a tenant's, by its id, or the installation's own. */
export type StatePlace = { readonly tenantId: string } | 'system';

/** What a reading thread does. */
export interface ReadOperations {
  find(scope: Scope, query: LegsQuery): LegsResult;
  fetch(scope: Scope, references: readonly ChunkReference[], options: FetchOptions): FoundChunk[];
  features(scope: Scope, references: readonly ChunkReference[], options: FeatureOptions): PackedFeatures;
  record(tenantId: string, documentId: string): StoredRecord | undefined;
  list(scope: Scope, page: ListPage): RecordPage;
  chunks(scope: Scope, documentId: string): Chunk[];
  parents(scope: Scope, documentId: string): ParentChunk[];
  vectors(tenantId: string, fingerprints: readonly string[]): PackedVectors;
  getState(place: StatePlace, collection: string, key: string): StateRow | undefined;
  listState(place: StatePlace, collection: string, page: StatePage): StateRow[];
  listAllState(collection: string, page: StatePage): TenantStateRow[];
  ping(): void;
}

export interface TenantStateRow extends StateRow {
  readonly tenantId: string;
}

/** What the writing thread does. */
export interface WriteOperations {
  /** Creates the control file, or checks it. */
  open(): void;
  /** In one transaction; for each write null, or why it was not done. */
  replaceAll(tenantId: string, writes: readonly PackedWrite[]): (CarriedError | null)[];
  forget(tenantId: string, documentId: string, expected: string): void;
  putState(
    place: StatePlace,
    collection: string,
    key: string,
    value: string,
    expected: string | null | undefined,
  ): string;
  removeState(place: StatePlace, collection: string, key: string): void;
  /** Forgets vectors that have long not been used, and deleted words, in one tenant; true when that is done. */
  tidy(tenantId: string): boolean;
  /** Counts what a tenant's file holds, and deletes the file. */
  removeTenant(tenantId: string): RemovedDocuments;
  removeTenantState(tenantId: string): Record<string, number>;
  /** The tenants that there are. */
  tenants(): string[];
}

export type Role = 'reader' | 'writer';

/** What a worker thread is started with. */
export interface WorkerSettings {
  readonly role: Role;
  readonly folder: string;
  readonly embedding: EmbeddingSpace;
  readonly rememberVectorsMs: number;
}

/** To a worker: one operation at a time, or the end. */
export type WorkerRequest =
  | { readonly operation: string; readonly parameters: readonly unknown[] }
  | { readonly close: true };

/** From a worker, one for each operation. */
export type WorkerReply = { readonly result: unknown } | { readonly error: CarriedError };
