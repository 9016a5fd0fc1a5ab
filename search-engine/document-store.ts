import type { Chunk, ParentChunk } from '../domain/chunk.ts';
import type { DocumentRecord } from '../domain/document-record.ts';
import type { Scope } from '../domain/scope.ts';

/** Keeps document records, chunks and vectors. Writes go to the scope's tenant, whatever its principals. */
export interface DocumentStore {
  /** The writer's view of one document: any record, tombstones and parked patches too, whatever its access list. */
  record(scope: Scope, documentId: string): Promise<StoredRecord | undefined>;

  /** The readers' view: live documents (tombstones too, where asked for) that the scope may read, by documentId (UTF-8 bytes). */
  list(scope: Scope, page: ListPage): Promise<{ readonly records: DocumentRecord[]; readonly next?: string }>;

  /** The chunks of one live document that the scope may read, by ordinal; none otherwise. */
  chunks(scope: Scope, documentId: string): Promise<Chunk[]>;

  /** The parents of one live document that the scope may read, by ordinal; none where its chunks have none. */
  parents?(scope: Scope, documentId: string): Promise<ParentChunk[]>;

  /** Stored vectors of the scope's tenant by fingerprint; those not stored are left out. */
  vectors(scope: Scope, fingerprints: readonly string[]): Promise<Map<string, Float32Array>>;

  /**
   * Replaces a document's record and, where `chunks` is given, all its chunks and parents, as one step: after a crash at
   * any moment the document is wholly the old or wholly the new one, and no chunk of an older state remains. Without
   * `chunks` the stored ones stay and take on the record's metadata, access, title and versions.
   * @throws {RevisionConflict} when the stored revision is no longer `expected`; nothing is written then
   * @throws {EngineMismatch} for vectors of other dimensions
   * @throws {EngineUnavailable} when the engine cannot be reached or cannot write (full disk, read-only, cluster block)
   */
  replace(scope: Scope, write: DocumentWrite): Promise<void>;

  /**
   * Forgets a document that is not live: tombstone or parked patches. Nothing remembers then that there was one.
   * @throws {RevisionConflict} when the stored revision is no longer `expected`, or is that of a live document
   */
  forget?(scope: Scope, documentId: string, expected: string): Promise<void>;

  /** Returns when everything written for the scope's tenant before the call can be found. */
  refresh(scope: Scope): Promise<void>;

  /**
   * Removes everything of the scope's tenant, whatever its principals: documents (tombstones and parked patches too),
   * chunks, kept vectors. Its state may go with it: remove that first where it is to be counted. Repeated after a crash,
   * it removes what is left. Nobody may write to the tenant meanwhile.
   * @returns how many of each this call removed
   */
  removeTenant?(scope: Scope): Promise<RemovedDocuments>;
}

export interface RemovedDocuments {
  readonly documents: number;
  readonly chunks: number;
  readonly vectors: number;
}

export interface StoredRecord {
  readonly record: DocumentRecord;
  /** Opaque; changes with each write of the record. */
  readonly revision: string;
}

export interface ListPage {
  /** documentId after which to go on. */
  readonly after?: string;
  /** 1 to 1,000. */
  readonly limit: number;
  /** Tombstones as well. */
  readonly deleted: boolean;
}

export interface DocumentWrite {
  readonly record: DocumentRecord;
  /** From `record()`; undefined when there was no record. */
  readonly expected: string | undefined;
  readonly chunks?: ReplacedChunks;
  /** The tenant's life in which the work on it began: who guards the store refuses it in another. @default any */
  readonly life?: string;
}

export interface ReplacedChunks {
  readonly chunks: readonly EmbeddedChunk[];
  /** Empty unless the chunking is hierarchical. */
  readonly parents: readonly ParentChunk[];
}

export interface EmbeddedChunk {
  readonly chunk: Chunk;
  readonly fingerprint: string;
  /** Of the index's dimensions, length 1. */
  readonly vector: Float32Array;
}
