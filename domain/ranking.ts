import type { Breakdown } from './search.ts';

/** A chunk in the order of a result list, with where its place comes from. */
export interface RankedChunk {
  readonly chunkId: string;
  readonly documentId: string;
  readonly ordinal: number;
  readonly breakdown: Breakdown;
  /** Hits that were folded into this one, best first. */
  readonly duplicates?: readonly DuplicateHit[];
}

/** A hit that is nearly the same as a better one. */
export interface DuplicateHit {
  readonly chunkId: string;
  readonly documentId: string;
  /** Cosine of the two vectors. */
  readonly similarity: number;
}
