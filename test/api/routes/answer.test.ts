import { describe, expect, it } from 'vitest';
import { answerResponseSchema } from '../../../api/schemas/answer.ts';
import type { AnswerEvent } from '../../../domain/answer.ts';
import { EngineUnavailable, ModelUnavailable } from '../../../domain/errors.ts';
import { answerEvents, answerResponse, apiUnderTest, problemIn } from '../api-under-test.ts';

async function* whole(): AsyncGenerator<AnswerEvent> {
  yield* answerEvents;
}

const wantsStream = { Accept: 'text/event-stream' };

describe('POST /v1/answer', () => {
  it('replies with the last event as JSON', async () => {
    const requests: unknown[] = [];
    const { send } = apiUnderTest({
      answer(_scope, request) {
        requests.push(request);
        return whole();
      },
    });
    const request = { question: 'q', passages: 3, search: { topK: 20, dense: { weight: 0 } } };
    const response = await send('POST', '/v1/answer', request);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^application\/json/);
    expect(await response.json()).toEqual(answerResponse);
    expect(requests).toEqual([request]);
  });

  it.each([
    ['text/event-stream', 'text/event-stream'],
    ['text/event-stream, application/json;q=0.5', 'text/event-stream'],
    ['application/json, text/event-stream;q=0.9', 'application/json'],
    ['*/*', 'application/json'],
    ['text/html', 'application/json'],
  ])('answers Accept: %s with %s', async (accept, mediaType) => {
    const { send } = apiUnderTest({ answer: whole });
    const response = await send('POST', '/v1/answer', { question: 'q' }, { Accept: accept });
    expect(response.headers.get('content-type')).toMatch(new RegExp(`^${mediaType}`));
    await response.text();
  });

  it('streams the events in order, uncached and unbuffered', async () => {
    const { send } = apiUnderTest({ answer: whole });
    const response = await send('POST', '/v1/answer', { question: 'q' }, wantsStream);
    const text = await response.text();
    expect([...text.matchAll(/^event: (\w+)$/gm)].map((match) => match[1])).toEqual(
      answerEvents.map((event) => event.type),
    );
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('x-accel-buffering')).toBe('no');
  });

  it.each([wantsStream, { Accept: 'application/json' }])(
    'answers an early failure with its status: %o',
    async (accept) => {
      const { send } = apiUnderTest({
        // biome-ignore lint/correctness/useYield: it fails before its first event
        async *answer() {
          throw new EngineUnavailable('The engine is away');
        },
      });
      const response = await send('POST', '/v1/answer', { question: 'q' }, accept);
      expect(response.headers.get('retry-after')).toBe('5');
      expect(await problemIn(response)).toMatchObject({ status: 503, detail: 'The engine is away' });
    },
  );

  it('counts and logs a failure in mid-stream', async () => {
    const { send, log, api } = apiUnderTest({
      async *answer() {
        yield answerEvents[0]!;
        throw new ModelUnavailable('The model is away');
      },
    });
    const response = await send('POST', '/v1/answer', { question: 'q' }, wantsStream);
    expect(await response.text()).toContain(
      'event: error\ndata: {"type":"urn:braid:problem:model_unavailable"',
    );
    expect(log.filter((line) => line.level === 'error')).toMatchObject([{ problem: 'model_unavailable' }]);
    expect(await (await api.request('/metrics')).text()).toContain(
      'braid_problems_total{type="model_unavailable"} 1',
    );
  });

  it('keeps its place among the requests served at once until the stream has ended', async () => {
    const gate = Promise.withResolvers<void>();
    const { send } = apiUnderTest(
      {
        async *answer() {
          yield answerEvents[0]!;
          await gate.promise;
          yield* answerEvents.slice(1);
        },
      },
      { concurrency: 1 },
    );
    const first = await send('POST', '/v1/answer', { question: 'q' }, wantsStream);
    expect((await send('POST', '/v1/answer', { question: 'q' })).status).toBe(503);
    gate.resolve();
    await first.text();
    await new Promise((resolve) => setImmediate(resolve));
    expect((await send('POST', '/v1/answer', { question: 'q' })).status).toBe(200);
  });

  it('aborts the pipeline when the reader of a stream leaves', async () => {
    const seen: { signal?: AbortSignal } = {};
    const { send } = apiUnderTest({
      async *answer(_scope, _request, { signal } = {}) {
        if (signal !== undefined) seen.signal = signal;
        yield answerEvents[0]!;
        await new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
      },
    });
    const response = await send('POST', '/v1/answer', { question: 'q' }, wantsStream);
    await response.body?.cancel();
    expect(seen.signal?.aborted).toBe(true);
  });

  it('tells a pipeline that forgets done as an internal error', async () => {
    const { send } = apiUnderTest({
      async *answer() {
        yield answerEvents[0]!;
      },
    });
    const response = await send('POST', '/v1/answer', { question: 'q' });
    expect(await problemIn(response)).toMatchObject({
      status: 500,
      type: 'urn:braid:problem:internal_error',
    });
  });

  it.each([
    [{ question: 'q', search: { query: 'x' } }, 'search.query'],
    [{ question: 'q', search: { facets: [] } }, 'search.facets'],
    [{ question: 'q', search: { filter: { andAll: [] } } }, 'search.filter.andAll'],
    [{ question: 'q', passages: 51 }, 'passages'],
    [{ query: 'q' }, 'question'],
  ])('refuses %o by its field', async (request, field) => {
    const { send } = apiUnderTest();
    expect(await problemIn(await send('POST', '/v1/answer', request))).toMatchObject({ status: 400, field });
  });

  it('replies as the OpenAPI document says', () => {
    expect(answerResponseSchema.parse(answerResponse)).toEqual(answerResponse);
  });
});
