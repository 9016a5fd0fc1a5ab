import { dotProduct } from '../domain/dot-product.ts';
import type { DuplicateHit, RankedChunk } from '../domain/ranking.ts';

/**
 * Folds each hit into the best one before it whose vector is at least `similarity` close to its own. Pure.
 * @param vectors of length 1, by chunkId; a hit without one is a duplicate of none
 */
export function foldDuplicates(
  ranked: readonly RankedChunk[],
  similarity: number,
  vectors: ReadonlyMap<string, Float32Array>,
): RankedChunk[] {
  const kept: { readonly chunk: RankedChunk; readonly duplicates: DuplicateHit[] }[] = [];
  for (const chunk of ranked) {
    const vector = vectors.get(chunk.chunkId);
    let original: (typeof kept)[number] | undefined;
    let closest = similarity;
    for (const candidate of kept) {
      const other = vectors.get(candidate.chunk.chunkId);
      if (vector === undefined || other === undefined) continue;
      const cosine = dotProduct(vector, other);
      if (cosine >= closest && (original === undefined || cosine > closest)) {
        original = candidate;
        closest = cosine;
      }
    }
    if (original === undefined) {
      kept.push({ chunk, duplicates: [] });
    } else {
      const { chunkId, documentId } = chunk;
      original.duplicates.push({ chunkId, documentId, similarity: closest });
    }
  }
  return kept.map(({ chunk, duplicates }) => (duplicates.length === 0 ? chunk : { ...chunk, duplicates }));
}
