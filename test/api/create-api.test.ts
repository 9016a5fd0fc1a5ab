import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, it } from 'vitest';
import {
  answerEvents,
  apiUnderTest,
  problemIn,
  record,
  searchResponse,
  writeResult,
} from './api-under-test.ts';

interface Operation {
  readonly operationId: string;
  readonly requestBody?: object;
  readonly responses: Record<string, { content?: Record<string, { schema: { $ref?: string } }> }>;
}

interface OpenApi {
  readonly openapi: string;
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { schemas: Record<string, Record<string, unknown>> };
}

async function openApi(): Promise<OpenApi> {
  const { api } = apiUnderTest();
  return (await (await api.request('/openapi.json')).json()) as OpenApi;
}

const job = {
  jobId: 'j-1',
  state: 'queued',
  operation: 'upsert',
  documentId: 'a',
  createdAt: record.updatedAt,
} as const;

/** A body that each operation with one takes. */
const bodies: Record<string, unknown> = {
  search: { query: 'q' },
  answer: { question: 'q' },
  putDocument: { content: 'x' },
  patchDocument: { metadata: {} },
  postChanges: {},
};

function everythingExpected() {
  return apiUnderTest({
    feedReader: () => () => [],
    async *changes() {
      yield { record: 1, events: [{ outcome: 'stale', version: '1' }] };
    },
    search: async () => searchResponse,
    async *answer() {
      yield* answerEvents;
    },
    write: async () => writeResult,
    submit: async () => job,
    job: async () => job,
    document: async () => ({ record, chunks: [] }),
    documents: async () => ({ records: [record] }),
    ready: async () => {},
  });
}

describe('/openapi.json', () => {
  it('is valid OpenAPI 3.1', async () => {
    const document = await openApi();
    expect(document.openapi).toBe('3.1.0');
    const result = await new Validator().validate({ ...document });
    expect(result).toEqual({ valid: true });
  });

  it('has every route of the design', async () => {
    const { paths } = await openApi();
    const operations = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(operations.sort()).toEqual([
      'DELETE /v1/documents/{documentId}',
      'GET /healthz',
      'GET /metrics',
      'GET /readyz',
      'GET /v1/documents',
      'GET /v1/documents/{documentId}',
      'GET /v1/jobs/{jobId}',
      'PATCH /v1/documents/{documentId}',
      'POST /v1/answer',
      'POST /v1/changes',
      'POST /v1/search',
      'PUT /v1/documents/{documentId}',
    ]);
  });

  it('tells of no operation that is not answered as it says', async () => {
    const { send } = everythingExpected();
    const { paths } = await openApi();
    for (const [path, methods] of Object.entries(paths)) {
      for (const [method, operation] of Object.entries(methods)) {
        const body = bodies[operation.operationId];
        expect(operation.requestBody !== undefined).toBe(body !== undefined);
        const response = await send(method.toUpperCase(), path.replace(/\{\w+\}/, 'a'), body);
        expect(response.ok, `${method} ${path}`).toBe(true);
        const mediaType = response.headers.get('content-type')?.split(';')[0];
        expect(Object.keys(operation.responses[response.status]?.content ?? {})).toContain(mediaType);
      }
    }
  });

  it('has every field of a strict request in its schema, and refuses others', async () => {
    const { components } = await openApi();
    for (const name of ['SearchRequest', 'AnswerRequest', 'DocumentBody', 'DocumentPatch', 'Access']) {
      expect(components.schemas[name]?.additionalProperties, name).toBe(false);
    }
    expect(components.schemas.SearchRequest?.required).toEqual(['query']);
    expect(components.schemas.DocumentBody?.required).toEqual(['content']);
    expect(components.schemas.Filter?.anyOf).toHaveLength(13);
  });

  it('types the events of the stream', async () => {
    const { paths, components } = await openApi();
    const content = paths['/v1/answer']?.post?.responses[200]?.content;
    expect(content?.['text/event-stream']?.schema.$ref).toBe('#/components/schemas/AnswerStreamEvent');
    expect(JSON.stringify(components.schemas.AnswerStreamEvent)).toMatch(
      /passages.*text.*citation.*usage.*error.*done/,
    );
  });
});

describe('/docs', () => {
  it('loads the page and each of its parts from this server alone', async () => {
    const { api } = apiUnderTest();
    const response = await api.request('/docs');
    const page = await response.text();
    const addresses = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1]!);
    expect(addresses).toHaveLength(4);
    for (const address of addresses) {
      expect(address).toMatch(/^\/docs\//);
      const part = await api.request(address);
      expect(part.status, address).toBe(200);
      expect((await part.arrayBuffer()).byteLength).toBeGreaterThan(50);
    }
    expect(response.headers.get('content-security-policy')).toContain("script-src 'self'");
  });

  it.each(['package.json', '..%2Fpackage.json', 'constructor', '__proto__', 'swagger-ui.js.map'])(
    'serves no other file: %s',
    async (file) => {
      const { api } = apiUnderTest();
      expect((await api.request(`/docs/${file}`)).status).toBe(404);
    },
  );
});

describe('createApi', () => {
  it.each([
    ['GET', '/v1/search', 'POST'],
    ['OPTIONS', '/v1/search', 'POST'],
    ['POST', '/v1/documents/a', 'GET, HEAD, PUT, PATCH, DELETE'],
    ['DELETE', '/healthz', 'GET, HEAD'],
    ['PROPFIND', '/v1/documents', 'GET, HEAD'],
  ])('answers %s %s with 405 and what is allowed', async (method, path, allow) => {
    const { send } = apiUnderTest();
    const response = await send(method, path);
    expect(response.headers.get('allow')).toBe(allow);
    expect(await problemIn(response)).toMatchObject({
      status: 405,
      type: 'urn:braid:problem:method_not_allowed',
    });
  });

  it.each(['/', '/v1', '/v1/', '/v1/nothing', '/v1/documents/', '/v2/search', '/V1/search'])(
    'answers %s with 404',
    async (path) => {
      const { send } = apiUnderTest();
      expect(await problemIn(await send('GET', path))).toMatchObject({
        status: 404,
        type: 'urn:braid:problem:not_found',
      });
    },
  );

  it('answers a missing document with 404 and not 405', async () => {
    const { send } = apiUnderTest({
      async document() {
        return { record: { ...record, content: { ...record.content!, deleted: true } }, chunks: [] };
      },
    });
    expect((await send('GET', '/v1/documents/a')).status).toBe(404);
  });

  it('gives each reply a request id, the own one or that of the caller', async () => {
    const { api } = apiUnderTest();
    const own = await api.request('/healthz');
    expect(own.headers.get('x-request-id')).toMatch(/^[\w-]{36}$/);
    const given = await api.request('/healthz', { headers: { 'X-Request-Id': 'trace-1' } });
    expect(given.headers.get('x-request-id')).toBe('trace-1');
    const forged = await api.request('/healthz', { headers: { 'X-Request-Id': 'a b<script>' } });
    expect(forged.headers.get('x-request-id')).toMatch(/^[\w-]{36}$/);
  });

  it('sets secure headers on replies and on problems', async () => {
    const { api } = apiUnderTest();
    for (const path of ['/healthz', '/nothing']) {
      const { headers } = await api.request(path);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('content-security-policy')).toBe("default-src 'none'; frame-ancestors 'none'");
      expect(headers.get('access-control-allow-origin')).toBeNull();
    }
  });

  it.each(['evil.example', 'evil.example:8080', '10.0.0.1:8080', '127.0.0.1.evil.example', ''])(
    'refuses Host %j with 421, so that no page of another origin can read',
    async (host) => {
      const { api } = apiUnderTest();
      const response = await api.request('/healthz', { headers: { Host: host } });
      expect(await problemIn(response)).toMatchObject({ status: 421 });
    },
  );

  it.each(['localhost', 'localhost:8080', '127.0.0.1:8080', '[::1]:8080'])('takes Host %s', async (host) => {
    const { api } = apiUnderTest();
    expect((await api.request('/healthz', { headers: { Host: host } })).status).toBe(200);
  });

  it('refuses an absolute address of another host', async () => {
    const { api } = apiUnderTest();
    expect((await api.request('http://evil.example/healthz')).status).toBe(421);
  });

  it('sheds what is above its concurrency with 503 and Retry-After, but never health', async () => {
    const gate = Promise.withResolvers<void>();
    const { send, api } = apiUnderTest(
      {
        async search() {
          await gate.promise;
          return searchResponse;
        },
        ready: async () => {},
      },
      { concurrency: 2 },
    );
    const running = [1, 2].map(() => send('POST', '/v1/search', { query: 'q' }));
    const shed = await send('POST', '/v1/search', { query: 'q' });
    expect(shed.headers.get('retry-after')).toBe('1');
    expect(await problemIn(shed)).toMatchObject({ status: 503, type: 'urn:braid:problem:overloaded' });
    for (const path of ['/healthz', '/readyz', '/metrics'])
      expect((await api.request(path)).status).toBe(200);
    gate.resolve();
    expect((await Promise.all(running)).map((response) => response.status)).toEqual([200, 200]);
    expect((await send('POST', '/v1/search', { query: 'q' })).status).toBe(200);
  });

  it('counts work past its deadline among what is served at once, until it has ended', async () => {
    const gate = Promise.withResolvers<void>();
    const { send } = apiUnderTest(
      {
        async search() {
          await gate.promise;
          return searchResponse;
        },
      },
      { concurrency: 1, timeoutMs: 10 },
    );
    expect((await send('POST', '/v1/search', { query: 'q' })).status).toBe(504);
    expect((await send('POST', '/v1/search', { query: 'q' })).status).toBe(503);
    gate.resolve();
    await new Promise((resolve) => setImmediate(resolve));
    expect((await send('POST', '/v1/search', { query: 'q' })).status).toBe(200);
  });

  it('frees the place of a request that was refused', async () => {
    const { send } = apiUnderTest({ search: async () => searchResponse }, { concurrency: 1 });
    for (let at = 0; at < 5; at += 1) expect((await send('POST', '/v1/search', {})).status).toBe(400);
    expect((await send('POST', '/v1/search', { query: 'q' })).status).toBe(200);
  });

  it('writes one access line a request, with its route and never its query or document id', async () => {
    const { send, log } = apiUnderTest({ search: async () => searchResponse, submit: async () => job });
    await send(
      'POST',
      '/v1/search',
      { query: 'confidential' },
      { 'X-Request-Id': 'r-1', 'X-Braid-Tenant': 'acme' },
    );
    await send('PUT', '/v1/documents/confidential', { content: 'confidential' });
    await send('GET', '/confidential');
    expect(log).toMatchObject([
      { level: 'info', requestId: 'r-1', method: 'POST', route: '/v1/search', status: 200, tenantId: 'acme' },
      { method: 'PUT', route: '/v1/documents/:documentId', status: 202, tenantId: 'default' },
      { method: 'GET', route: 'unmatched', status: 404, problem: 'not_found' },
    ]);
    expect(JSON.stringify(log)).not.toContain('confidential');
  });

  it('counts requests by method, route and status, and problems by type', async () => {
    const { send, api } = apiUnderTest({ search: async () => searchResponse });
    await send('POST', '/v1/search', { query: 'q' });
    await send('POST', '/v1/search', {});
    await send('BREW', '/anything');
    const text = await (await api.request('/metrics')).text();
    expect(text).toContain('braid_requests_total{method="POST",route="/v1/search",status="200"} 1');
    expect(text).toContain('braid_requests_total{method="POST",route="/v1/search",status="400"} 1');
    expect(text).toContain('braid_requests_total{method="other",route="unmatched",status="404"} 1');
    expect(text).toContain('braid_problems_total{type="invalid_input"} 1');
    expect(text).toContain('braid_stage_seconds_count{stage="request"} 3');
  });
});
