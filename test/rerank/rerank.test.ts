import { describe, expect, it } from 'vitest';
import type { RankedChunk } from '../../domain/ranking.ts';
import type { RerankingModel } from '../../models/reranking-model.ts';
import { collapseByDocument } from '../../rerank/collapse.ts';
import { createRerank } from '../../rerank/rerank.ts';
import { rerankedText } from '../../rerank/reranked-text.ts';
import { silentTelemetry } from '../../telemetry/telemetry.ts';

const ranked: RankedChunk[] = ['a', 'b', 'a', 'c'].map((documentId, at) => ({
  chunkId: `${documentId}-${at}`,
  documentId,
  ordinal: at,
  breakdown: { fused: { score: 1 - at / 10, rank: at + 1 } },
}));
const texts = ['short', 'a longer text', 'mid text', 'short'];

function model(rerank: RerankingModel['rerank']): RerankingModel {
  return { id: 'm', maxTextsPerCall: 100, rerank };
}

describe('collapseByDocument', () => {
  it('keeps the best chunk of each document, in order', () => {
    expect(collapseByDocument(ranked).map(({ chunkId }) => chunkId)).toEqual(['a-0', 'b-1', 'c-3']);
  });
});

describe('createRerank', () => {
  it('orders by score, equal scores as fused, and explains itself in the breakdown', async () => {
    const rerank = createRerank(
      [model(async (_, given) => given.map((text) => text.length))],
      1000,
      silentTelemetry,
    );
    const { ranked: order, degraded } = await rerank('m', 'q', ranked, texts);
    expect(order.map(({ chunkId }) => chunkId)).toEqual(['b-1', 'a-2', 'a-0', 'c-3']);
    expect(order[0]!.breakdown).toEqual({ fused: { score: 0.9, rank: 2 }, rerank: { score: 13, rank: 1 } });
    expect(degraded).toEqual([]);
  });

  it.each<[string, RerankingModel['rerank'], RegExp]>([
    ['fails', () => Promise.reject(new Error('boom')), /failed/],
    ['gives too few scores', async () => [1], /failed/],
    ['gives scores that are no numbers', async () => [1, Number.NaN, 1, 1], /failed/],
    [
      'is too slow',
      (_, __, call) =>
        new Promise((_, reject) =>
          call?.signal?.addEventListener('abort', () => reject(call.signal?.reason)),
        ),
      /longer than 20 ms/,
    ],
    ['does not heed its signal', () => new Promise(() => {}), /longer than 20 ms/],
  ])('keeps the fused order when the model %s', async (_, behaviour, reason) => {
    const { ranked: order, degraded } = await createRerank([model(behaviour)], 20, silentTelemetry)(
      'm',
      'q',
      ranked,
      texts,
    );
    expect(order).toEqual(ranked);
    expect(degraded).toEqual([{ stage: 'rerank', reason: expect.stringMatching(reason) }]);
  });

  it('passes on the abort of the caller', async () => {
    const caller = new AbortController();
    const slow = model(
      (_, __, call) =>
        new Promise((_, reject) =>
          call?.signal?.addEventListener('abort', () => reject(call.signal?.reason)),
        ),
    );
    const pending = createRerank([slow], 1000, silentTelemetry)('m', 'q', ranked, texts, {
      signal: caller.signal,
    });
    caller.abort(new Error('gone'));
    await expect(pending).rejects.toThrow('gone');
  });
});

describe('rerankedText', () => {
  const hit = { title: 'T', text: 'text', metadata: { year: 2024, tags: ['a', 'b'], lang: 'en' } };

  it('sets the metadata asked for in front, and none that was not', () => {
    expect(rerankedText(hit)).toBe('T\ntext');
    expect(rerankedText(hit, ['tags', 'year', 'gone', 'constructor'])).toBe(
      'tags: a, b\nyear: 2024\nT\ntext',
    );
  });
});
