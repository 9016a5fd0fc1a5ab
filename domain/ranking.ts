import type { Breakdown } from './search.ts';

/** A chunk in the order of a result list, with where its place comes from. */
export interface RankedChunk {
  readonly chunkId: string;
  readonly documentId: string;
  readonly ordinal: number;
  readonly breakdown: Breakdown;
}
