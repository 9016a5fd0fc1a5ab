import type { Access } from './domain/access.ts';
import type { AnswerEvent, AnswerRequest } from './domain/answer.ts';
import type { Chunk } from './domain/chunk.ts';
import type { Document, Metadata } from './domain/document.ts';
import type { DocumentRecord } from './domain/document-record.ts';
import type { IngestProgress, IngestReport, WriteResult } from './domain/ingest.ts';
import type { Scope } from './domain/scope.ts';
import type { SearchRequest, SearchResponse } from './domain/search.ts';
import type { ListPage } from './search-engine/document-store.ts';
import type { Source } from './sources/source.ts';

/** A change to one document that an indexer or the API asks for. */
export type DocumentChange =
  | { readonly operation: 'upsert'; readonly document: Document }
  | {
      readonly operation: 'patch';
      readonly documentId: string;
      /** Absent: the stored document's. */
      readonly source?: string;
      readonly version?: bigint;
      readonly metadata?: Metadata;
      readonly access?: Access;
    }
  | {
      readonly operation: 'delete';
      readonly documentId: string;
      readonly source?: string;
      readonly version?: bigint;
    };

export interface WriteOptions {
  /** The version that must be stored now (`If-Match`); `null`: no live document may be. */
  readonly ifVersion?: bigint | null;
  /** Return only when the change can be found. @default false */
  readonly searchable?: boolean;
}

export interface Job {
  readonly jobId: string;
  readonly state: 'queued' | 'running' | 'done' | 'failed';
  readonly operation: DocumentChange['operation'];
  readonly documentId: string;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  readonly finishedAt?: string;
  readonly result?: WriteResult;
  readonly error?: { readonly code: string; readonly message: string };
}

/** What Braid does, each under a scope: the two sentences of the design, as calls. */
export interface Pipeline {
  /** Takes in everything that a source lists; refuses what cannot be parsed and goes on. */
  ingest(
    scope: Scope,
    source: Source,
    options?: { readonly onProgress?: (progress: IngestProgress) => void; readonly signal?: AbortSignal },
  ): Promise<IngestReport>;

  /**
   * Applies one change and returns when it is stored.
   * @throws {InvalidInput} {DocumentRefused} {SourceConflict} {VersionMismatch} {EngineUnavailable}
   */
  write(scope: Scope, change: DocumentChange, options?: WriteOptions): Promise<WriteResult>;

  /** Checks and stores a change as a durable job and returns its id; the change is applied later, across restarts. */
  submit(scope: Scope, change: DocumentChange, options?: WriteOptions): Promise<Job>;
  /** @throws {NotFound} */
  job(scope: Scope, jobId: string): Promise<Job>;

  search(scope: Scope, request: SearchRequest, signal?: AbortSignal): Promise<SearchResponse>;
  /** The last event is `done` with the whole answer. */
  answer(scope: Scope, request: AnswerRequest, signal?: AbortSignal): AsyncIterable<AnswerEvent>;

  /** @throws {NotFound} also where the scope may not read it */
  document(
    scope: Scope,
    documentId: string,
  ): Promise<{ readonly record: DocumentRecord; readonly chunks: readonly Chunk[] }>;
  documents(
    scope: Scope,
    page: ListPage,
  ): Promise<{ readonly records: DocumentRecord[]; readonly next?: string }>;

  /** Resolves when engine and models can serve. @throws {EngineUnavailable} {ModelUnavailable} */
  ready(): Promise<void>;
  /** Finishes what runs, takes nothing new, keeps jobs that have not started. */
  close(): Promise<void>;
}
