import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ModelUsage } from '../../../domain/usage.ts';
import { type BedrockStandIn, startBedrock } from '../../servers/bedrock/bedrock.ts';
import { inTurn, storm } from '../../servers/bedrock/faults.ts';
import { describeEmbeddingModelContract } from '../embedding-model.contract.ts';
import { useCredentials, valid } from './credentials.ts';
import { openEmbedding } from './open-embedding.ts';

const titan = 'amazon.titan-embed-text-v2:0';
const english = 'cohere.embed-english-v3';
const v4 = 'cohere.embed-v4:0';

describe.each([
  [titan, undefined, 'http/1.1'],
  [titan, 256, 'http/2'],
  [english, undefined, 'http/1.1'],
  [v4, 512, 'http/2'],
] as const)('%s at %s dimensions over %s, on the stand-in', (id, dimensions, protocol) => {
  beforeAll(() => useCredentials(valid));
  afterAll(() => vi.unstubAllEnvs());
  describeEmbeddingModelContract(
    id,
    async () => {
      const bedrock = await startBedrock();
      const model = openEmbedding(bedrock, { id, protocol, ...(dimensions !== undefined && { dimensions }) });
      return {
        model,
        async close() {
          model.close();
          await bedrock.close();
        },
      };
    },
    { isTokenizerEstimate: true },
  );
});

describe('createBedrockEmbeddingModel', () => {
  let bedrock: BedrockStandIn;
  beforeAll(async () => {
    bedrock = await startBedrock();
  });
  afterAll(() => bedrock.close());
  beforeEach(() => {
    useCredentials(valid);
    bedrock.requests.length = 0;
    bedrock.behaviour.faults = () => undefined;
    bedrock.behaviour.latencyMs = 0;
  });
  afterEach(() => vi.unstubAllEnvs());

  const bodies = () => bedrock.requests.map(({ body }) => body as Record<string, unknown>);

  it('asks Titan for one text a call, normalised, at the dimensions set', async () => {
    const model = openEmbedding(bedrock, { dimensions: 512 });
    await model.embedPassages(['one', 'two']);
    expect(bodies()).toEqual([
      { inputText: 'one', dimensions: 512, normalize: true },
      { inputText: 'two', dimensions: 512, normalize: true },
    ]);
    model.close();
  });

  it.each([
    [english, 'END', undefined],
    [v4, 'RIGHT', 1_536],
  ])(
    'asks %s for 96 texts a call, passages and queries apart, cut by its own word',
    async (id, truncate, dimension) => {
      const model = openEmbedding(bedrock, { id });
      await model.embedPassages(Array.from({ length: 100 }, (_, at) => `text ${at}`));
      await model.embedQuery('a question');
      expect(bodies().map(({ texts }) => (texts as string[]).length)).toEqual([96, 4, 1]);
      expect(bodies().map(({ input_type: type }) => type)).toEqual([
        'search_document',
        'search_document',
        'search_query',
      ]);
      expect(bodies()[0]).toMatchObject({
        truncate,
        ...(dimension !== undefined && { output_dimension: dimension }),
      });
      model.close();
    },
  );

  it('marks calls with tenant, feature and request, and tells what the reply says was used', async () => {
    const used: ModelUsage[] = [];
    const call = {
      tenantId: 't',
      feature: 'search',
      requestId: 'r\u00e9 1',
      onUsage: (usage: ModelUsage) => used.push(usage),
    } as const;
    for (const id of [titan, english]) {
      const model = openEmbedding(bedrock, { id });
      await model.embedQuery('A cat sat on the mat', call);
      model.close();
    }
    expect(used).toEqual(
      [titan, english].map((id) => ({ model: `bedrock/${id}`, kind: 'embedding', amount: 8 })),
    );
    expect(bedrock.requests[0]!.headers['x-amzn-bedrock-request-metadata']).toBe(
      '{"tenant":"t","feature":"search","requestId":"r_ 1"}',
    );
  });

  it('loses, doubles and reorders nothing while a service throttles and drops connections', async () => {
    bedrock.behaviour.faults = storm({ throttled: 0.3, dropped: 0.05, seed: 3 });
    const model = openEmbedding(bedrock);
    const texts = Array.from({ length: 60 }, (_, at) => `chunk number ${at}`);
    const { vectors } = await model.embedPassages(texts, { tenantId: 't', feature: 'ingest' });
    bedrock.behaviour.faults = () => undefined;
    const calm = await model.embedPassages(texts);
    expect(vectors).toEqual(calm.vectors);
    model.close();
  });

  it('is called once more only where that can help', async () => {
    const model = openEmbedding(bedrock);
    const budget = () => ({ failureBudget: { left: 3 } });
    for (const [fault, calls] of [
      [{ kind: 'error', type: 'AccessDeniedException' }, 1],
      [{ kind: 'error', type: 'ValidationException' }, 1],
      [{ kind: 'error', type: 'ResourceNotFoundException' }, 1],
      [{ kind: 'error', type: 'ServiceQuotaExceededException' }, 1],
      [{ kind: 'error', type: 'ThrottlingException' }, 3],
      [{ kind: 'error', type: 'InternalServerException' }, 3],
    ] as const) {
      bedrock.requests.length = 0;
      bedrock.behaviour.faults = () => fault;
      await expect(model.embedQuery('x', budget())).rejects.toBeInstanceOf(Error);
      expect({ type: fault.type, calls: bedrock.requests.length }).toEqual({ type: fault.type, calls });
    }
    model.close();
  });

  it('costs a failing model three calls a request at most, whatever else the request needs', async () => {
    const model = openEmbedding(bedrock);
    bedrock.behaviour.faults = () => ({ kind: 'error', type: 'ServiceUnavailableException' });
    const call = { failureBudget: { left: 3 } };
    await expect(model.embedQuery('x', call)).rejects.toMatchObject({ code: 'model_unavailable' });
    await expect(model.embedQuery('y', call)).rejects.toThrow(/failed too often for this request/);
    expect(bedrock.requests).toHaveLength(3);
    model.close();
  });

  it('leaves a model alone that fails in a row, and finds it again', async () => {
    const model = openEmbedding(bedrock);
    bedrock.behaviour.faults = () => ({ kind: 'error', type: 'ServiceUnavailableException' });
    for (let request = 0; request < 4; request += 1) {
      await expect(model.embedQuery('x', { failureBudget: { left: 3 } })).rejects.toBeInstanceOf(Error);
    }
    expect(bedrock.requests).toHaveLength(5);
    await expect(model.embedQuery('x', { failureBudget: { left: 3 } })).rejects.toThrow(
      /left alone for a moment/,
    );
    bedrock.behaviour.faults = () => undefined;
    // In the background it is waited for.
    expect((await model.embedPassages(['x'])).vectors).toHaveLength(1);
    model.close();
  });

  it('waits for nothing beyond a deadline', async () => {
    const model = openEmbedding(bedrock);
    bedrock.behaviour.faults = () => ({ kind: 'error', type: 'ThrottlingException' });
    const startedAt = performance.now();
    await expect(model.embedPassages(['x'], { deadline: startedAt + 300 })).rejects.toThrow(/throttles/);
    bedrock.behaviour.faults = () => ({ kind: 'hang' });
    await expect(model.embedPassages(['x'], { deadline: performance.now() + 300 })).rejects.toThrow(
      /no answer in time/,
    );
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    model.close();
  });

  it('ends its call when the caller leaves', async () => {
    const model = openEmbedding(bedrock);
    bedrock.behaviour.faults = inTurn({ kind: 'hang' });
    const caller = new AbortController();
    const pending = model.embedQuery('x', { signal: caller.signal });
    await vi.waitFor(() => expect(bedrock.requests).toHaveLength(1));
    caller.abort(new Error('gone'));
    await expect(pending).rejects.toThrow('gone');
    await vi.waitFor(() => expect(bedrock.requests[0]!.wasAbandoned).toBe(true));
    model.close();
  });

  it('tells a failing batch as one error, after its other calls are over', async () => {
    const model = openEmbedding(bedrock);
    bedrock.behaviour.latencyMs = 20;
    bedrock.behaviour.faults = ({ body }) =>
      (body as { inputText: string }).inputText === 'bad'
        ? { kind: 'error', type: 'ValidationException' }
        : undefined;
    await expect(model.embedPassages(['a', 'b', 'bad', 'c'])).rejects.toMatchObject({ reason: 'input' });
    model.close();
  });

  it.each(['', 'all is well', 'null', '{}'])('tells of the reply %j at once, which is none', async (body) => {
    let calls = 0;
    const server = createServer((request, response) => {
      calls += 1;
      request.resume().on('end', () => response.setHeader('content-type', 'application/json').end(body));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const model = openEmbedding(bedrock, { endpoint: `http://127.0.0.1:${port}` });
    await expect(model.embedPassages(['one'])).rejects.toThrow(
      /^Cannot embed with bedrock\/amazon\.titan-embed-text-v2:0: the reply (is empty or no JSON object|has an embedding)/,
    );
    expect(calls).toBe(1);
    model.close();
    server.close();
  });

  it.each([
    [titan, 300, '256, 512, 1024'],
    [english, 512, '1024'],
    [v4, 100, '256, 512, 1024, 1536'],
  ])('refuses dimensions that %s does not give', (id, dimensions, known) => {
    expect(() => openEmbedding(bedrock, { id, dimensions })).toThrow(
      `Expected models.embeddingDimensions to be one of ${known} with ${id}, got ${dimensions}`,
    );
  });
});
