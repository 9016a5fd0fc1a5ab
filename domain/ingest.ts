import type { RefusalReason } from './errors.ts';

export interface Refusal {
  readonly name: string;
  readonly reason: RefusalReason;
  readonly message: string;
}

/** The account of one ingest: seen = indexed + unchanged + refused + stale. */
export interface IngestReport {
  readonly documents: {
    readonly seen: number;
    readonly indexed: number;
    readonly unchanged: number;
    /** A newer version was stored already. */
    readonly stale: number;
    readonly refused: Readonly<Partial<Record<RefusalReason, number>>>;
  };
  readonly refusals: readonly Refusal[];
  /** Chunks written. */
  readonly chunks: number;
  /** Texts that a model embedded; the others' vectors were stored already. */
  readonly embedded: number;
  /** Texts that the embedding model truncated; chunking keeps this at 0. */
  readonly truncated: number;
  readonly seconds: number;
}

export interface IngestProgress {
  readonly seen: number;
  readonly done: number;
  readonly chunks: number;
  readonly name: string;
}

/** What one write did. */
export interface WriteResult {
  readonly documentId: string;
  readonly outcome: 'indexed' | 'updated' | 'deleted' | 'unchanged' | 'stale' | 'parked';
  /** Stored version after the write. */
  readonly version: bigint;
  readonly chunks: number;
  readonly embedded: number;
  readonly truncated: number;
  /** Another event of the same version was told apart by its hash. */
  readonly conflicting: boolean;
}
