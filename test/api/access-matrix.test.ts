import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import { authenticate } from '../../api/authenticate.ts';
import { createApi } from '../../api/create-api.ts';
import type { Environment } from '../../api/environment.ts';
import { isMiddleware, requireRoles, roleTable, routeName } from '../../api/role-table.ts';
import { BraidError } from '../../domain/errors.ts';
import type { Authenticator, Identity } from '../../identity/identity.ts';
import type { Role } from '../../identity/roles.ts';
import { createScopeMaker } from '../../identity/scope.ts';
import { silentTelemetry } from '../../telemetry/telemetry.ts';
import { answerEvents, expectedPipeline, record, searchResponse, writeResult } from './api-under-test.ts';

const scopes = createScopeMaker({ accessRequired: () => false });

/** Credentials of the test, each with its roles. */
const bearers: Readonly<Record<string, readonly Role[]>> = {
  searcher: ['search'],
  asker: ['answer'],
  indexer: ['ingest'],
  administrator: ['admin'],
  reader: ['search', 'answer'],
  everything: ['search', 'answer', 'ingest', 'admin'],
  nothing: [],
};

const authenticator: Authenticator = {
  async authenticate(credential) {
    const roles =
      credential !== undefined && Object.hasOwn(bearers, credential) ? bearers[credential] : undefined;
    if (roles === undefined) throw new BraidError('unauthenticated', 'Expected a credential that is valid');
    const identity: Identity = {
      kind: 'key',
      subject: credential ?? '',
      roles,
      scope: scopes.reader('left', ['user:a']),
    };
    return identity;
  },
};

const server = { concurrency: 8, maxBodyBytes: 100_000, timeoutMs: 5_000 };
const job = {
  jobId: 'j',
  state: 'queued',
  operation: 'upsert',
  documentId: 'a',
  createdAt: '2026-01-01',
} as const;

function api(seen: string[] = []) {
  const tell = <T>(scope: { tenantId: string }, reply: T): Promise<T> => {
    seen.push(scope.tenantId);
    return Promise.resolve(reply);
  };
  return createApi({
    pipeline: expectedPipeline({
      search: (scope) => tell(scope, searchResponse),
      async *answer() {
        yield* answerEvents;
      },
      document: (scope) => tell(scope, { record, chunks: [] }),
      documents: (scope) => tell(scope, { records: [record] }),
      write: (scope) => tell(scope, writeResult),
      submit: (scope) => tell(scope, job),
      job: (scope) => tell(scope, job),
      ready: async () => {},
    }),
    scopes,
    telemetry: silentTelemetry,
    prometheus: async () => '',
    server,
    authentication: { authenticator },
  });
}

/** What makes a request of each route that a caller with its role is served. */
const bodies: Readonly<Record<string, unknown>> = {
  'POST /v1/search': { query: 'x' },
  'POST /v1/answer': { question: 'x' },
  'PUT /v1/documents/{documentId}': { content: 'x' },
  'PATCH /v1/documents/{documentId}': { metadata: {} },
};

function requestOf(route: string, headers: Record<string, string>): [string, RequestInit] {
  const [method = '', path = ''] = route.split(' ');
  const body = bodies[route];
  return [
    path.replace('{file}', 'swagger-ui.css').replaceAll(/\{\w+\}/g, 'a'),
    {
      method,
      headers: { ...headers, ...(body !== undefined && { 'Content-Type': 'application/json' }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    },
  ];
}

const served = [
  ...new Set(
    api()
      .routes.filter((route) => !isMiddleware(route))
      .map(routeName),
  ),
];

describe('roleTable', () => {
  it('has a row for every path of the OpenAPI document', async () => {
    const reply = await api().request('/openapi.json');
    const { paths } = (await reply.json()) as { paths: Record<string, Record<string, unknown>> };
    const documented = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(documented.length).toBeGreaterThan(8);
    expect(documented.filter((route) => !Object.hasOwn(roleTable, route))).toEqual([]);
  });

  it('refuses a route without a row to everyone, should one be served all the same', async () => {
    const app = new Hono<Environment>();
    app.use(authenticate({ authenticator }));
    app.get('/v1/forgotten', (context) => context.text('served'));
    app.onError((error, context) => context.text(error instanceof BraidError ? error.code : 'thrown'));
    for (const headers of [{}, { Authorization: 'Bearer everything' }]) {
      expect(await (await app.request('/v1/forgotten', { headers })).text()).toBe('forbidden');
    }
  });

  it('keeps a server with another route from starting', () => {
    const app = api();
    app.get('/v1/forgotten/:id', (context) => context.text('open'));
    expect(() => requireRoles(app.routes)).toThrow(/GET \/v1\/forgotten\/\{id\}/);
    app.all('/anything', (context) => context.text('open'));
    expect(() => requireRoles(app.routes)).toThrow(/ALL \/anything/);
  });
});

describe('access matrix', () => {
  it.each(served)('%s serves those whom the table lets in, and nobody else', async (route) => {
    const requirement = roleTable[route]!;
    const wrong: string[] = [];
    for (const [bearer, roles] of [
      ...Object.entries(bearers),
      ['unknown', undefined],
      ['', undefined],
    ] as const) {
      const headers: Record<string, string> = bearer === '' ? {} : { Authorization: `Bearer ${bearer}` };
      const { status } = await api().request(...requestOf(route, headers));
      const isAllowed =
        requirement === 'public' || (roles !== undefined && requirement.some((role) => roles.includes(role)));
      const wanted = isAllowed ? status < 300 : status === (roles === undefined ? 401 : 403);
      // Feeds over HTTP need more than this pipeline has; being let in is what counts here.
      if (!wanted && !(isAllowed && status !== 401 && status !== 403)) wrong.push(`${bearer}: ${status}`);
    }
    expect(wrong).toEqual([]);
  });

  it('answers HEAD as it answers GET', async () => {
    for (const route of ['GET /metrics', 'GET /v1/documents']) {
      const [path] = requestOf(route, {});
      expect((await api().request(path, { method: 'HEAD' })).status).toBe(401);
    }
  });

  it.each([
    'Basic everything',
    'everything',
    'Bearer',
    'Bearer everything everything',
    'Bearer "everything"',
    'Bearer everything, Bearer nothing',
  ])('refuses the header Authorization: %s', async (header) => {
    const reply = await api().request(...requestOf('POST /v1/search', { Authorization: header }));
    expect(reply.status).toBe(401);
    expect(reply.headers.get('www-authenticate')).toBe('Bearer');
  });

  it('takes the tenant from the identity, and refuses a header that differs', async () => {
    const seen: string[] = [];
    const ask = (tenant?: string) =>
      api(seen).request(
        ...requestOf('POST /v1/search', {
          Authorization: 'Bearer searcher',
          ...(tenant !== undefined && { 'X-Braid-Tenant': tenant }),
        }),
      );
    expect((await ask()).status).toBe(200);
    expect((await ask('left')).status).toBe(200);
    for (const tenant of ['right', 'LEFT', 'left,right', '']) expect((await ask(tenant)).status).toBe(403);
    expect(seen).toEqual(['left', 'left']);
  });

  it('lets in no request by another spelling of a path', async () => {
    for (const path of [
      '/v1/search/',
      '//v1/search',
      '/v1/%73earch',
      '/V1/search',
      '/metrics/',
      '/%6detrics',
    ]) {
      const { status } = await api().request(path, { method: path.includes('metrics') ? 'GET' : 'POST' });
      expect([401, 404, 405], path).toContain(status);
    }
  });
});

describe('limits', () => {
  const limited = (limits: object) =>
    createApi({
      pipeline: expectedPipeline({ search: async () => searchResponse }),
      scopes,
      telemetry: silentTelemetry,
      prometheus: async () => '',
      server,
      limits,
      authentication: { authenticator },
    });
  const ask = (app: ReturnType<typeof limited>, bearer: string) =>
    app.request(...requestOf('POST /v1/search', { Authorization: `Bearer ${bearer}` }));

  it('answers 429 with Retry-After beyond the requests a second of a key, and of the tenant', async () => {
    const app = limited({ keyRequestsPerSecond: 3, tenantRequestsPerSecond: 5 });
    const statuses = async (bearer: string, count: number) => {
      const replies = await Promise.all(Array.from({ length: count }, () => ask(app, bearer)));
      for (const reply of replies)
        if (reply.status === 429) expect(reply.headers.get('retry-after')).toBe('1');
      return replies.map(({ status }) => status).sort();
    };
    expect(await statuses('searcher', 5)).toEqual([200, 200, 200, 429, 429]);
    expect(await statuses('reader', 3)).toEqual([200, 200, 429]);
  });

  it('answers 503 beyond the requests of a tenant at once, and serves again after', async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const app = createApi({
      pipeline: expectedPipeline({ search: () => held.then(() => searchResponse) }),
      scopes,
      telemetry: silentTelemetry,
      prometheus: async () => '',
      server,
      limits: { tenantConcurrency: 2 },
      authentication: { authenticator },
    });
    const running = [ask(app, 'searcher'), ask(app, 'searcher')];
    const third = await ask(app, 'reader');
    expect([third.status, third.headers.get('retry-after')]).toEqual([503, '1']);
    release();
    expect((await Promise.all(running)).map(({ status }) => status)).toEqual([200, 200]);
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect((await ask(app, 'searcher')).status).toBe(200);
  });
});
