import type { RefusalReason } from './errors.ts';
import type { Omission } from './parsed-document.ts';

export interface Refusal {
  readonly name: string;
  readonly reason: RefusalReason;
  readonly message: string;
}

/** More of what was known below a place was missing from its listing than may be: nothing there was deleted. */
export interface WithheldRemoval {
  /** Starts the ids of the documents. */
  readonly place: string;
  readonly known: number;
  readonly missing: number;
  readonly maxMissingPercentage: number;
}

/** The account of one ingest, attachments of mails included: seen = indexed + unchanged + refused + stale. */
export interface IngestReport {
  readonly documents: {
    readonly seen: number;
    readonly indexed: number;
    readonly unchanged: number;
    /** A newer version was stored already. */
    readonly stale: number;
    /** Deleted, since a whole listing of their source did not name them any more; not among those seen. */
    readonly removed: number;
    readonly refused: Readonly<Partial<Record<RefusalReason, number>>>;
  };
  readonly refusals: readonly Refusal[];
  /** Parts of documents that were taken in without them: pages that are pictures. */
  readonly omissions: readonly Refusal[];
  /** Deletions that were not done, since too many at once were due; empty where all is well. */
  readonly withheld: readonly WithheldRemoval[];
  /** Chunks written. */
  readonly chunks: number;
  /** Texts that a model embedded; the others' vectors were stored already. */
  readonly embedded: number;
  /** Texts that the embedding model truncated; chunking keeps this at 0. */
  readonly truncated: number;
  /** Texts that a model embedded only to find where chunks end (`semantic`); their vectors are not kept. */
  readonly breakpointTexts: number;
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
  readonly breakpointTexts: number;
  /** Another event of the same version was told apart by its hash. */
  readonly conflicting: boolean;
  /** What the document was indexed without. */
  readonly omissions?: readonly Omission[];
  /** Of mails: what became of each attachment, those of attached mails included. */
  readonly attachments?: readonly AttachmentResult[];
}

/** What became of one attachment, a document of its own. */
export interface AttachmentResult {
  readonly documentId: string;
  /** As the mail has it. */
  readonly name: string;
  readonly outcome: WriteResult['outcome'] | 'refused';
  /** Of refused ones. */
  readonly reason?: RefusalReason;
  readonly message?: string;
  readonly chunks: number;
  readonly embedded: number;
  readonly truncated: number;
  readonly breakpointTexts: number;
}
