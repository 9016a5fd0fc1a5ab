import { describe, expect, it } from 'vitest';
import { createApi } from '../../api/create-api.ts';
import type { LimitOptions } from '../../api/rate-limit.ts';
import { roleTable } from '../../api/role-table.ts';
import { BraidError } from '../../domain/errors.ts';
import type { Authenticator } from '../../identity/identity.ts';
import { createScopeMaker } from '../../identity/scope.ts';
import { silentTelemetry } from '../../telemetry/telemetry.ts';
import { answerEvents, expectedPipeline, searchResponse } from './api-under-test.ts';

const scopes = createScopeMaker({ accessRequired: () => false });

/** The credential is the tenant. */
const authenticator: Authenticator = {
  async authenticate(credential) {
    if (credential === undefined) throw new BraidError('unauthenticated', 'Expected a credential');
    const roles = ['search', 'answer', 'ingest'] as const;
    return { kind: 'key', subject: credential, roles, scope: scopes.reader(credential) };
  },
};

/** An API whose searches end one by one, when they are told to. */
function open(limits: LimitOptions, concurrency = 64) {
  const begun: string[] = [];
  const running: (() => void)[] = [];
  const api = createApi({
    pipeline: expectedPipeline({
      search: ({ tenantId }) =>
        new Promise((resolve) => {
          begun.push(tenantId);
          running.push(() => resolve(searchResponse));
        }),
      async *answer() {
        yield* answerEvents;
      },
    }),
    scopes,
    telemetry: silentTelemetry,
    prometheus: async () => '',
    server: { concurrency, maxBodyBytes: 100_000, timeoutMs: 60_000 },
    limits,
    authentication: { authenticator },
  });
  const post = (tenant: string, path: string, body: object) =>
    api.request(path, {
      method: 'POST',
      headers: { Authorization: `Bearer ${tenant}`, 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    });
  return {
    api,
    begun,
    search: (tenant: string) => post(tenant, '/v1/search', { query: 'x' }),
    answer: (tenant: string) => post(tenant, '/v1/answer', { question: 'x' }),
    async endOne() {
      running.shift()?.();
      await pause();
    },
  };
}

const pause = () => new Promise((resolve) => setTimeout(resolve, 5));
const layer = { concurrency: 16, maxWaitMs: 5_000 };

describe('limitLayers', () => {
  it('lets the searches of tenants take turns', async () => {
    const { begun, search, endOne } = open({ search: { ...layer, concurrency: 1 } });
    const replies = ['a', 'a', 'a', 'a', 'b', 'c'].map(search);
    await pause();
    for (const _ of replies) await endOne();
    expect((await Promise.all(replies)).map(({ status }) => status)).toEqual(Array(6).fill(200));
    expect(begun).toEqual(['a', 'a', 'b', 'c', 'a', 'a']);
  });

  it('serves no more searches of one tenant at once than it may have, and another tenant meanwhile', async () => {
    const { begun, search, endOne } = open({ search: { ...layer, tenantConcurrency: 2 } });
    const replies = ['a', 'a', 'a', 'b'].map(search);
    await pause();
    expect(begun).toEqual(['a', 'a', 'b']);
    for (const _ of replies) await endOne();
    await Promise.all(replies);
  });

  it('answers 503 with Retry-After to what has waited too long for its turn', async () => {
    const { search, endOne } = open({ search: { ...layer, concurrency: 1, maxWaitMs: 20 } });
    const first = search('a');
    await pause();
    const late = await search('b');
    expect([late.status, late.headers.get('retry-after')]).toEqual([503, '1']);
    expect(await late.json()).toMatchObject({ type: 'urn:braid:problem:overloaded' });
    await endOne();
    expect((await first).status).toBe(200);
  });

  it('limits each kind of request by itself: a tenant that may not search may still ask', async () => {
    const { search, answer, endOne } = open({ search: { ...layer, tenantRequestsPerSecond: 2 } });
    const replies = Array.from({ length: 5 }, () => search('a'));
    const other = search('b');
    await pause();
    for (let at = 0; at < 3; at += 1) await endOne();
    const statuses = (await Promise.all(replies)).map(({ status }) => status).sort();
    expect(statuses).toEqual([200, 200, 429, 429, 429]);
    expect((await other).status).toBe(200);
    const limited = await search('a');
    expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '1']);
    expect((await answer('a')).status).toBe(200);
  });
});

describe('admit', () => {
  it('leaves places free for who comes, however many requests another tenant has', async () => {
    const { begun, search, endOne } = open({}, 8);
    const flood = Array.from({ length: 12 }, () => search('a'));
    await pause();
    expect(begun).toHaveLength(6);
    const shed = (await Promise.all(flood.slice(6))).map(({ status, headers }) => [
      status,
      headers.get('retry-after'),
    ]);
    expect(shed).toEqual(Array(6).fill([503, '1']));
    const quiet = search('b');
    await pause();
    expect(begun.at(-1)).toBe('b');
    while (begun.length > 0 && begun.shift() !== undefined) await endOne();
    expect((await quiet).status).toBe(200);
  });
});

describe('the OpenAPI document', () => {
  it('says of each operation which roles open it, by key or token', async () => {
    const reply = await open({}).api.request('/openapi.json');
    const { paths, components } = (await reply.json()) as {
      paths: Record<
        string,
        Record<string, { security: Record<string, string[]>[]; 'x-braid-roles'?: string[] }>
      >;
      components: { securitySchemes: Record<string, object> };
    };
    expect(components.securitySchemes).toMatchObject({
      bearer: { type: 'http', scheme: 'bearer' },
      apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
    });
    let operations = 0;
    for (const [path, methods] of Object.entries(paths)) {
      for (const [method, operation] of Object.entries(methods)) {
        const requirement = roleTable[`${method.toUpperCase()} ${path}`]!;
        const roles = requirement === 'public' ? [] : requirement;
        expect(operation['x-braid-roles'] ?? []).toEqual(roles);
        expect(operation.security).toEqual(roles.flatMap((role) => [{ bearer: [role] }, { apiKey: [role] }]));
        operations += 1;
      }
    }
    expect(operations).toBeGreaterThan(8);
  });

  it('is right about the header: a key may stand in X-API-Key, and not in two places', async () => {
    const { api } = open({});
    const ask = (headers: Record<string, string>) => api.request('/v1/documents', { headers });
    expect((await ask({ 'X-API-Key': 'a' })).status).toBe(500);
    expect((await ask({ 'X-API-Key': 'a b' })).status).toBe(401);
    expect((await ask({ 'X-API-Key': 'a', Authorization: 'Bearer a' })).status).toBe(401);
  });
});
