import type { RankedChunk } from '../domain/ranking.ts';
import type { Scope } from '../domain/scope.ts';
import type { ResolvedSearchRequest } from '../domain/search.ts';
import type { ChunkFeatures, SearchEngine } from '../search-engine/search-engine.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import { boost } from './boost.ts';
import { diversify } from './diversify.ts';
import { foldDuplicates } from './fold-duplicates.ts';

export interface Arranged {
  readonly ranked: readonly RankedChunk[];
  readonly milliseconds: number;
}

type Step = (
  scope: Scope,
  request: ResolvedSearchRequest,
  ranked: readonly RankedChunk[],
  signal?: AbortSignal,
) => Promise<Arranged>;

/** Orders a list by what is stored of its hits; each step reads that once, and only where the request asks for it. */
export interface Arrange {
  /** Adds the request's boosts to the fused scores of the first 1,000 hits. */
  readonly boost: Step;
  /** Folds near duplicates, then orders by maximal marginal relevance, whichever the request asks for. */
  readonly spread: Step;
}

const mostBoosted = 1_000;

export function createArrange(engine: SearchEngine, telemetry: Telemetry): Arrange {
  const timed = async (stage: string, run: () => Promise<readonly RankedChunk[]>): Promise<Arranged> => {
    const startedAt = performance.now();
    const ranked = await run();
    const milliseconds = performance.now() - startedAt;
    telemetry.stage(stage, milliseconds);
    return { ranked, milliseconds };
  };
  return {
    boost: (scope, { boosts }, ranked, signal) =>
      timed('boost', async () => {
        const best = ranked.slice(0, mostBoosted);
        const features = await engine.features(scope, best, { vectors: false }, signal);
        const metadata = new Map(features.map((feature) => [feature.chunkId, feature.metadata]));
        return [...boost(best, boosts, metadata), ...ranked.slice(mostBoosted)];
      }),

    spread: (scope, { diversity, duplicates }, ranked, signal) =>
      timed('diversify', async () => {
        const count = Math.max(diversity?.candidates ?? 0, duplicates?.candidates ?? 0);
        const features = await engine.features(scope, ranked.slice(0, count), { vectors: true }, signal);
        const vectors = vectorsOf(features);
        let list = ranked;
        if (duplicates !== undefined) {
          list = withFirst(list, duplicates.candidates, (first) =>
            foldDuplicates(first, duplicates.similarity, vectors),
          );
        }
        if (diversity !== undefined) {
          list = withFirst(list, diversity.candidates, (first) =>
            diversify(first, diversity.lambda, vectors),
          );
        }
        return list;
      }),
  };
}

function vectorsOf(features: readonly ChunkFeatures[]): Map<string, Float32Array> {
  return new Map(
    features.flatMap(({ chunkId, vector }) => (vector === undefined ? [] : [[chunkId, vector]])),
  );
}

function withFirst(
  ranked: readonly RankedChunk[],
  count: number,
  arrange: (first: readonly RankedChunk[]) => readonly RankedChunk[],
): readonly RankedChunk[] {
  return [...arrange(ranked.slice(0, count)), ...ranked.slice(count)];
}
