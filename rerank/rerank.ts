import { BraidError } from '../domain/errors.ts';
import type { RankedChunk } from '../domain/ranking.ts';
import type { Degradation } from '../domain/search.ts';
import { TimedOut, withinTime } from '../domain/within-time.ts';
import type { ModelCall } from '../models/model-call.ts';
import type { RerankingModel } from '../models/reranking-model.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';

export interface Reranked {
  readonly ranked: readonly RankedChunk[];
  readonly milliseconds: number;
  readonly degraded: readonly Degradation[];
}

/** @param texts one a chunk of `ranked`, in its order */
export type Rerank = (
  model: string,
  query: string,
  ranked: readonly RankedChunk[],
  texts: readonly string[],
  call?: ModelCall,
) => Promise<Reranked>;

/**
 * Orders fused chunks by a reranking model's scores; equal scores keep the fused order. A model that fails, or takes
 * longer than `timeoutMs`, leaves the fused order, named in `degraded`.
 */
export function createRerank(
  models: readonly RerankingModel[],
  timeoutMs: number,
  telemetry: Telemetry,
): Rerank {
  return async (modelId, query, ranked, texts, call = {}) => {
    const startedAt = performance.now();
    const finish = (order: readonly RankedChunk[], degraded: readonly Degradation[] = []): Reranked => {
      const milliseconds = performance.now() - startedAt;
      telemetry.stage('rerank', milliseconds);
      return { ranked: order, milliseconds, degraded };
    };
    if (ranked.length === 0) return finish(ranked);
    try {
      const model = models.find(({ id }) => id === modelId);
      if (model === undefined) throw new Error(`Reranking model ${modelId} is not configured`);
      const deadline = performance.now() + timeoutMs;
      const scores = await withinTime(timeoutMs, call.signal, (signal) =>
        model.rerank(query, texts, { ...call, signal, deadline }),
      );
      return finish(orderByScore(ranked, scores));
    } catch (error) {
      call.signal?.throwIfAborted();
      const isLate = error instanceof TimedOut;
      const reason = isLate
        ? `the reranking model took longer than ${timeoutMs} ms`
        : error instanceof BraidError
          ? error.message
          : 'the reranking model failed';
      telemetry.count('degradations', 1, { stage: 'rerank' });
      telemetry.log.warn({ stage: 'rerank', reason, error }, 'search goes on without a stage');
      return finish(ranked, [{ stage: 'rerank', reason }]);
    }
  };
}

function orderByScore(ranked: readonly RankedChunk[], scores: readonly number[]): RankedChunk[] {
  if (scores.length !== ranked.length || !scores.every(Number.isFinite)) {
    throw new Error(`Expected ${ranked.length} finite scores of the reranking model, got ${scores.length}`);
  }
  const scored = ranked.map((chunk, at) => ({ chunk, score: scores[at]! }));
  scored.sort(
    (left, right) =>
      right.score - left.score || left.chunk.breakdown.fused.rank - right.chunk.breakdown.fused.rank,
  );
  return scored.map(({ chunk, score }, at) => ({
    ...chunk,
    breakdown: { ...chunk.breakdown, rerank: { score, rank: at + 1 } },
  }));
}
