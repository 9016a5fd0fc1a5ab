import type { Metadata, MetadataValue } from '../domain/document.ts';
import type { RankedChunk } from '../domain/ranking.ts';
import type { Boost } from '../domain/search.ts';

const dayMs = 86_400_000;

/**
 * Adds to each fused score what its document's metadata earns: Σ weight · value, each value from 0 to 1. Pure.
 *
 * - `recency`: 2^(−age / halfLifeDays), 1 for what is newer than the origin (exponential decay, as in search engines'
 *   decay functions).
 * - `saturation`: n / (n + pivot) for a number n above 0 (the saturation function of BM25's term frequency).
 * - `equals`: 1 where the value is that, or a list has it.
 *
 * A document without the key, or with a value of another type, earns 0. Equal scores keep the fused order.
 *
 * @param metadata of the chunks' documents, by chunkId; what is not there earns nothing
 */
export function boost(
  ranked: readonly RankedChunk[],
  boosts: readonly Boost[],
  metadata: ReadonlyMap<string, Metadata>,
): RankedChunk[] {
  const scored = ranked.map((chunk) => {
    const values = boosts.map((given) => given.weight * earned(given, metadata.get(chunk.chunkId)));
    const score = values.reduce((sum, value) => sum + value, chunk.breakdown.fused.score);
    return { chunk, score, values };
  });
  scored.sort(
    (left, right) =>
      Math.round(right.score * 1e9) - Math.round(left.score * 1e9) ||
      left.chunk.breakdown.fused.rank - right.chunk.breakdown.fused.rank,
  );
  return scored.map(({ chunk, score, values }, at) => ({
    ...chunk,
    breakdown: { ...chunk.breakdown, boosted: { score, rank: at + 1, boosts: values } },
  }));
}

function earned(given: Boost, metadata: Metadata | undefined): number {
  if ('recency' in given) {
    const { key, halfLifeDays, origin } = given.recency;
    const time = timeOf(metadata?.[key]);
    const ageDays = time === undefined ? Number.POSITIVE_INFINITY : (Date.parse(origin) - time) / dayMs;
    return 2 ** (-Math.max(0, ageDays) / halfLifeDays);
  }
  if ('saturation' in given) {
    const { key, pivot } = given.saturation;
    const number = metadata?.[key];
    return typeof number === 'number' && number > 0 ? 1 / (1 + pivot / number) : 0;
  }
  const { key, value } = given.equals;
  const held = metadata?.[key];
  const isEqual = held === value || (Array.isArray(held) && held.some((member) => member === value));
  return isEqual ? 1 : 0;
}

/** ISO 8601, or milliseconds since 1970. */
function timeOf(value: MetadataValue | undefined): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string' || !/^\d{4}-\d{2}/.test(value)) return undefined;
  const time = Date.parse(value);
  return Number.isNaN(time) ? undefined : time;
}
