import type { Chunk } from '../../domain/chunk.ts';

/** What is kept of a chunk only to be shown: JSON. */
export type ChunkDetail = Pick<
  Chunk,
  'headingPath' | 'location' | 'start' | 'end' | 'parentOrdinal' | 'tokens'
>;

export function writeDetail({ headingPath, location, start, end, parentOrdinal, tokens }: Chunk): string {
  return JSON.stringify({ headingPath, location, start, end, parentOrdinal, tokens });
}

export function readDetail(text: string): ChunkDetail {
  return JSON.parse(text);
}
