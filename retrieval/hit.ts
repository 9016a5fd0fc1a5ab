import { hiddenTextFlags } from '../domain/hidden-text.ts';
import type { RankedChunk } from '../domain/ranking.ts';
import type { Hit } from '../domain/search.ts';
import type { FoundChunk } from '../search-engine/search-engine.ts';

/** Joins a place in the result list with what is shown there. */
export function toHit(found: FoundChunk, { breakdown, duplicates }: RankedChunk, rank: number): Hit {
  const {
    documentId,
    version,
    contentHash,
    source,
    mediaType,
    metadata,
    links,
    flags: ofDocument = [],
    title,
    uri,
    parent,
    highlights,
    ...chunk
  } = found;
  const flags = [...hiddenTextFlags([title, chunk.context, chunk.text].join('\n')), ...ofDocument];
  return {
    rank,
    score: (breakdown.rerank ?? breakdown.boosted ?? breakdown.fused).score,
    documentId,
    version: version.toString(),
    contentHash,
    source,
    ...(title !== undefined && { title }),
    ...(uri !== undefined && { uri }),
    mediaType,
    metadata,
    ...(links !== undefined && { links }),
    chunk,
    ...(parent !== undefined && { parent }),
    ...(highlights !== undefined && { highlights }),
    ...(flags.length > 0 && { flags }),
    breakdown,
    ...(duplicates !== undefined && { duplicates }),
  };
}
