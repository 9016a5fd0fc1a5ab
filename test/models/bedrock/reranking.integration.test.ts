import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RankedChunk } from '../../../domain/ranking.ts';
import type { ModelUsage } from '../../../domain/usage.ts';
import { createBedrockConnection } from '../../../models/bedrock/connection.ts';
import { rerankingShapes } from '../../../models/bedrock/model-table.ts';
import { createBedrockRerankingModel } from '../../../models/bedrock/reranking.ts';
import { createRerank } from '../../../rerank/rerank.ts';
import { silentTelemetry } from '../../../telemetry/telemetry.ts';
import { type BedrockStandIn, startBedrock } from '../../servers/bedrock/bedrock.ts';
import type { Fault } from '../../servers/bedrock/faults.ts';
import { useCredentials, valid } from './credentials.ts';

const cohere = 'cohere.rerank-v3-5:0';
const amazon = 'amazon.rerank-v1:0';
const texts = ['The invoice must be paid', 'A cat slept on the mat', 'Cats like to sleep in the sun'];

describe('createBedrockRerankingModel', () => {
  let bedrock: BedrockStandIn;
  const closes: (() => void)[] = [];
  beforeAll(async () => {
    bedrock = await startBedrock();
  });
  afterAll(() => bedrock.close());
  beforeEach(() => {
    useCredentials(valid);
    bedrock.requests.length = 0;
    bedrock.behaviour.faults = () => undefined;
  });
  afterEach(() => {
    for (const close of closes.splice(0)) close();
    vi.unstubAllEnvs();
  });

  const open = (id: string, operation: 'rerank' | 'invoke') => {
    const connection = createBedrockConnection({
      region: bedrock.region,
      endpoint: bedrock.url,
      agentEndpoint: bedrock.url,
      protocol: 'http/1.1',
      connectTimeoutMs: 1_000,
    });
    closes.push(() => connection.close());
    return createBedrockRerankingModel({
      connection,
      id: `bedrock/${id}`,
      reference: { callId: id, baseId: id },
      shape: rerankingShapes[id]!,
      operation,
      timeoutMs: 5_000,
      maxCallsAtOnce: 8,
      telemetry: silentTelemetry,
    });
  };

  it.each([
    [cohere, 'rerank', 'Rerank'],
    [amazon, 'rerank', 'Rerank'],
    [cohere, 'invoke', 'InvokeModel'],
    [amazon, 'invoke', 'InvokeModel'],
  ] as const)('scores each text in its place with %s by %s', async (id, operation, called) => {
    const used: ModelUsage[] = [];
    const scores = await open(id, operation).rerank('where do cats sleep', texts, {
      tenantId: 't',
      onUsage: (usage) => used.push(usage),
    });
    expect(scores).toHaveLength(3);
    expect(Math.min(scores[1]!, scores[2]!)).toBeGreaterThan(scores[0]!);
    expect(bedrock.requests.map(({ operation: name }) => name)).toEqual([called]);
    expect(used).toEqual([{ model: `bedrock/${id}`, kind: 'rerank', amount: 1, isEstimated: true }]);
  });

  it('cuts long texts and queries to the input, and takes empty ones', async () => {
    const long = 'A sentence about cats and other animals. '.repeat(2_000);
    const scores = await open(cohere, 'rerank').rerank(long, [long, '', 'cats']);
    expect(scores).toHaveLength(3);
    expect(bedrock.requests[0]!.status).toBe(200);
  });

  it('takes 1,000 texts and no more', async () => {
    const model = open(amazon, 'invoke');
    expect(
      await model.rerank(
        'q',
        Array.from({ length: 1_000 }, (_, at) => `text ${at}`),
      ),
    ).toHaveLength(1_000);
    await expect(
      model.rerank(
        'q',
        Array.from({ length: 1_001 }, () => 'x'),
      ),
    ).rejects.toThrow(/at most 1000/);
  });

  it.each<[string, Fault]>([
    ['is slow', { kind: 'hang' }],
    ['fails', { kind: 'error', type: 'InternalServerException' }],
    ['throttles', { kind: 'error', type: 'ThrottlingException' }],
    ['drops the connection', { kind: 'reset', when: 'after' }],
    ['denies access', { kind: 'error', type: 'AccessDeniedException' }],
  ])('leaves the fused order within its time where the model %s', async (_, fault) => {
    bedrock.behaviour.faults = () => fault;
    const ranked: RankedChunk[] = texts.map((_, at) => ({
      chunkId: `${at}`,
      documentId: `${at}`,
      ordinal: 0,
      breakdown: { fused: { score: 1 - at / 10, rank: at + 1 } },
    }));
    const rerank = createRerank([open(cohere, 'rerank')], 600, silentTelemetry);
    const startedAt = performance.now();
    const call = { failureBudget: { left: 3 } };
    const { ranked: order, degraded } = await rerank(`bedrock/${cohere}`, 'cats', ranked, texts, call);
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    expect(order).toEqual(ranked);
    expect(degraded).toEqual([{ stage: 'rerank', reason: expect.stringMatching(/./) }]);
    expect(bedrock.requests.length).toBeLessThanOrEqual(3);
  });
});
