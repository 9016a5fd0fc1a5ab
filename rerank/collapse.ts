import type { RankedChunk } from '../domain/ranking.ts';

/** Keeps the best chunk of each document, in order. Pure. */
export function collapseByDocument(ranked: readonly RankedChunk[]): RankedChunk[] {
  const seen = new Set<string>();
  return ranked.filter(({ documentId }) => {
    if (seen.has(documentId)) return false;
    seen.add(documentId);
    return true;
  });
}
