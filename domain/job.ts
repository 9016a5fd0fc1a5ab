import type { WriteResult } from './ingest.ts';

/** A change that was accepted and is applied later. */
export interface Job {
  readonly jobId: string;
  readonly state: 'queued' | 'done' | 'failed';
  readonly operation: 'upsert' | 'patch' | 'delete';
  readonly documentId: string;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  readonly finishedAt?: string;
  readonly result?: WriteResult;
  readonly error?: { readonly code: string; readonly message: string };
}
