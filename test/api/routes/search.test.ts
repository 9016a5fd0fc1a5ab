import { describe, expect, it } from 'vitest';
import { searchResponseSchema } from '../../../api/schemas/search-response.ts';
import { CursorExpired, EngineUnavailable, InvalidInput } from '../../../domain/errors.ts';
import type { Scope } from '../../../domain/scope.ts';
import { apiUnderTest, problemIn, searchResponse } from '../api-under-test.ts';

describe('POST /v1/search', () => {
  it("passes the request as it is, under the tenant's scope without principals, and replies with the response", async () => {
    const calls: { scope: Scope; request: unknown }[] = [];
    const { send } = apiUnderTest({
      async search(scope, request) {
        calls.push({ scope, request });
        return searchResponse;
      },
    });
    const request = {
      query: 'q',
      topK: 3,
      filter: { equals: { key: 'lang', value: 'en' } },
      highlight: true,
    };
    const response = await send('POST', '/v1/search', request, { 'X-Braid-Tenant': 'acme-1_x' });
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual(searchResponse);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(calls).toHaveLength(1);
    expect(calls[0]?.request).toEqual(request);
    expect(calls[0]?.scope).toMatchObject({ tenantId: 'acme-1_x', principals: [], reach: 'principals' });
  });

  it('takes tenant default where none is given', async () => {
    const tenants: string[] = [];
    const { send } = apiUnderTest({
      async search(scope) {
        tenants.push(scope.tenantId);
        return searchResponse;
      },
    });
    await send('POST', '/v1/search', { query: 'q' });
    expect(tenants).toEqual(['default']);
  });

  it.each(['', 'ACME', 'a b', 'a,b', 'x'.repeat(65), '../x'])(
    'refuses tenant "%s" with 400',
    async (tenant) => {
      const { send } = apiUnderTest();
      const response = await send('POST', '/v1/search', { query: 'q' }, { 'X-Braid-Tenant': tenant });
      expect(await problemIn(response)).toMatchObject({ status: 400, field: 'X-Braid-Tenant' });
    },
  );

  it.each([
    [new InvalidInput('lexical.candidates', 'Expected lexical.candidates to be at least topK'), 400],
    [new CursorExpired('m'), 410],
    [new EngineUnavailable('m'), 503],
    [new Error('inside'), 500],
  ])('tells what the pipeline throws: %s', async (error, status) => {
    const { send, log } = apiUnderTest({
      async search() {
        throw error;
      },
    });
    const response = await send('POST', '/v1/search', { query: 'the secret query' });
    expect(await problemIn(response)).toMatchObject({ status });
    expect(log.some((line) => line.level === 'error')).toBe(status >= 500);
    expect(JSON.stringify(log)).not.toContain('secret query');
  });

  it('answers 504 at the deadline and aborts the pipeline, even one that does not listen', async () => {
    const seen: { signal?: AbortSignal } = {};
    const { send } = apiUnderTest(
      {
        search(_scope, _request, { signal } = {}) {
          if (signal !== undefined) seen.signal = signal;
          return new Promise(() => {});
        },
      },
      { timeoutMs: 20 },
    );
    const response = await send('POST', '/v1/search', { query: 'q' });
    expect(await problemIn(response)).toMatchObject({
      status: 504,
      type: 'urn:braid:problem:deadline_exceeded',
      detail: 'Cannot complete the request within 20 ms',
    });
    expect(seen.signal?.aborted).toBe(true);
  });

  it('refuses query parameters, which would be ignored', async () => {
    const { send } = apiUnderTest();
    for (const name of ['topK', '__proto__', 'constructor']) {
      const response = await send('POST', `/v1/search?${name}=3`, { query: 'q' });
      expect(await problemIn(response)).toMatchObject({ status: 400, detail: `Unknown field ${name}` });
    }
  });

  it('replies as the OpenAPI document says', () => {
    expect(searchResponseSchema.parse(searchResponse)).toEqual(searchResponse);
  });
});
