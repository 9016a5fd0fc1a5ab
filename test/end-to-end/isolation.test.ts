import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { roleTable } from '../../api/role-table.ts';
import { fillTenants, type GuardedBraid, markOf, marksIn, openGuardedBraid, wordAt } from './isolation.ts';
import { removeIndices } from './remove-indices.ts';

// Twenty tenants of fifty documents, 200 requests a route: BRAID_ISOLATION=full. The suite takes a smaller share.
const isFull = process.env.BRAID_ISOLATION === 'full';
const tenants = Array.from({ length: isFull ? 20 : 4 }, (_, at) => `t${at}`);
const documents = isFull ? 50 : 12;
const requestsARoute = isFull ? 200 : 24;
const secret = 'only-of-t0';

const openSearchUrl = inject('openSearchUrl');
const engines = [
  { engine: 'sqlite' as const, isThere: true },
  { engine: 'opensearch' as const, isThere: Boolean(openSearchUrl) },
];

/** A search's reply without what the caller said itself: its request, and the keys of its facets. */
function withoutEcho(text: string): string {
  const reply: unknown = text.startsWith('{') ? JSON.parse(text) : undefined;
  if (typeof reply !== 'object' || reply === null || !('results' in reply)) return text;
  return JSON.stringify(reply, (name, value: unknown) =>
    name === 'request' || name === 'key' ? undefined : value,
  );
}

describe.each(engines)('isolation on $engine', ({ engine, isThere }) => {
  if (!isThere) {
    it.skip('needs OpenSearch', () => {});
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'braid-isolation-'));
  const indexPrefix = `isolation-${process.pid}-${Date.now().toString(36)}`;
  let guarded: GuardedBraid;
  const keys = new Map<string, string>();
  const counted = new Map<string, number>();

  beforeAll(async () => {
    guarded = await openGuardedBraid(folder, {
      engine,
      ...(openSearchUrl && { opensearch: { url: openSearchUrl, indexPrefix } }),
    });
    await fillTenants(guarded, tenants, documents);
    for (const tenantId of tenants) keys.set(tenantId, await guarded.keyOf(tenantId));
    await guarded.send(keys.get('t0')!, 'PUT', `/v1/documents/${secret}?wait=searchable`, {
      content: 'The zanzibar ledger names the harbour.',
      metadata: { owner: markOf('t0') },
    });
  }, 600_000);
  afterAll(async () => {
    await guarded?.close();
    rmSync(folder, { recursive: true, force: true });
    if (engine === 'opensearch' && openSearchUrl) await removeIndices(openSearchUrl, indexPrefix);
  });

  /** Sends as a tenant, and looks for anything of another in the reply. */
  const ask = async (tenantId: string, method: string, path: string, body?: unknown) => {
    const response = await guarded.send(keys.get(tenantId)!, method, path, body);
    const text = await response.text();
    const route = `${method} ${path.split('?')[0]}`;
    counted.set(route, (counted.get(route) ?? 0) + 1);
    const foreign = marksIn(withoutEcho(text)).filter((mark) => mark !== tenantId);
    expect(foreign, `${tenantId} ${method} ${path} ${JSON.stringify(body)}`).toEqual([]);
    return { status: response.status, text, headers: response.headers };
  };

  const requests = fc.record({
    tenantId: fc.constantFrom(...tenants),
    query: fc.oneof(
      fc.nat(9).map(wordAt),
      fc.tuple(fc.nat(9), fc.nat(9)).map(([left, right]) => `${wordAt(left)} ${wordAt(right)}`),
      fc.constantFrom(...tenants).map((tenantId) => `note ${markOf(tenantId).toUpperCase()}`),
      fc.constant('zanzibar ledger'),
    ),
    lexicalWeight: fc.constantFrom(0, 0.5, 1),
    fusion: fc.constantFrom('linear', 'rrf'),
    collapse: fc.boolean(),
    expand: fc.boolean(),
    highlight: fc.boolean(),
    facets: fc.boolean(),
    filter: fc.constantFrom(
      undefined,
      { equals: { key: 'parity', value: 'even' } },
      { notEquals: { key: 'owner', value: 'x' } },
      { stringContains: { key: 'owner', value: 'mark' } },
      {
        orAll: tenants.slice(0, 2).map((tenantId) => ({ equals: { key: 'owner', value: markOf(tenantId) } })),
      },
    ),
  });

  const bodyOf = (request: typeof requests extends fc.Arbitrary<infer R> ? R : never) => ({
    query: request.query,
    topK: 10,
    lexical: { weight: request.lexicalWeight },
    dense: { weight: 1 - request.lexicalWeight },
    fusion: { method: request.fusion },
    ...(request.collapse && { collapse: 'document' }),
    ...(request.expand && { expand: 'parent' }),
    highlight: request.highlight,
    ...(request.filter !== undefined && { filter: request.filter }),
    ...(request.facets && {
      facets: [
        { key: 'owner' },
        { key: 'parity' },
        { key: 'number', statistics: true },
        ...tenants.slice(0, 3).map((tenantId) => ({ key: `key-${markOf(tenantId)}` })),
      ],
    }),
  });

  it(`shows, counts and marks nothing of another tenant in ${requestsARoute} searches and their next pages`, async () => {
    let pages = 0;
    let results = 0;
    for (const request of fc.sample(requests, { numRuns: requestsARoute, seed: 11 })) {
      const body = bodyOf(request);
      const { status, text } = await ask(request.tenantId, 'POST', '/v1/search', body);
      expect(status, text).toBe(200);
      const reply = JSON.parse(text) as {
        results: { documentId: string }[];
        facets: { key: string; values?: { documents: number }[] }[];
        cursor?: string;
      };
      results += reply.results.length;
      const own = documents + (request.tenantId === 't0' ? 1 : 0);
      for (const { key, values = [] } of reply.facets) {
        const total = values.reduce((sum, { documents: count }) => sum + count, 0);
        expect(total, key).toBeLessThanOrEqual(own);
        if (key.startsWith('key-') && key !== `key-${markOf(request.tenantId)}`) expect(total).toBe(0);
      }
      if (request.tenantId !== 't0') expect(text).not.toMatch(/only-of-t0|zanzibar ledger names/);
      if (reply.cursor === undefined) continue;
      pages += 1;
      await ask(request.tenantId, 'POST', '/v1/search', { ...body, cursor: reply.cursor });
      // Another tenant cannot go on where this one was.
      const other = tenants.find((tenantId) => tenantId !== request.tenantId)!;
      const stolen = await ask(other, 'POST', '/v1/search', { ...body, cursor: reply.cursor });
      expect([400, 410]).toContain(stolen.status);
    }
    expect(results).toBeGreaterThan(requestsARoute);
    expect(pages).toBeGreaterThan(0);
  }, 600_000);

  it(`answers from the own tenant alone, whole and as a stream, ${requestsARoute} times`, async () => {
    for (const { tenantId, query } of fc.sample(requests, { numRuns: requestsARoute, seed: 12 })) {
      const { status } = await ask(tenantId, 'POST', '/v1/answer', { question: query });
      expect(status).toBe(200);
      const stream = await guarded.api.request('/v1/answer', {
        method: 'POST',
        headers: {
          Authorization: `Bearer ${keys.get(tenantId)}`,
          'Content-Type': 'application/json',
          Accept: 'text/event-stream',
        },
        body: JSON.stringify({ question: query }),
      });
      expect(marksIn(await stream.text()).filter((mark) => mark !== tenantId)).toEqual([]);
    }
  }, 600_000);

  it('lists and gets the own documents, all of them and no others', async () => {
    for (let run = 0; run < Math.ceil(requestsARoute / tenants.length); run += 1) {
      for (const tenantId of tenants) {
        const ids: string[] = [];
        for (let cursor: string | undefined; ; ) {
          const { text } = await ask(
            tenantId,
            'GET',
            `/v1/documents?limit=7${cursor ? `&cursor=${cursor}` : ''}`,
          );
          const page = JSON.parse(text) as { documents: { documentId: string }[]; cursor?: string };
          ids.push(...page.documents.map(({ documentId }) => documentId));
          cursor = page.cursor;
          if (cursor === undefined) break;
        }
        expect(ids).toHaveLength(documents + (tenantId === 't0' ? 1 : 0));
        const id = encodeURIComponent(`shared/${run % documents}`);
        const { text } = await ask(tenantId, 'GET', `/v1/documents/${id}?include=chunks`);
        expect(marksIn(text)).toEqual([tenantId]);
      }
    }
  }, 600_000);

  it('answers for a document of another tenant as for one that does not exist', async () => {
    const replies = async (tenantId: string, documentId: string) => {
      const { status, text } = await ask(tenantId, 'GET', `/v1/documents/${documentId}`);
      return [status, text.replaceAll(documentId, 'ID').replace(/"requestId":"[^"]*"/, '')];
    };
    for (const tenantId of tenants.slice(1)) {
      expect(await replies(tenantId, secret)).toEqual(await replies(tenantId, 'no-such-thing'));
    }
    expect((await ask('t0', 'GET', `/v1/documents/${secret}`)).status).toBe(200);
  });

  it('tells nothing of jobs of another tenant', async () => {
    const { text } = await ask('t0', 'PATCH', `/v1/documents/${secret}`, {
      metadata: { owner: markOf('t0') },
    });
    const { jobId } = JSON.parse(text) as { jobId: string };
    expect((await ask('t0', 'GET', `/v1/jobs/${jobId}`)).status).toBe(200);
    const absent = jobId.replace(/.$/, (last) => (last === '0' ? '1' : '0'));
    // The ids of the job and of the request are each reply's own.
    const withoutIds = (reply: string) =>
      reply
        .replaceAll(jobId, '')
        .replaceAll(absent, '')
        .replaceAll(/[\da-f]{8}-[\da-f-]{27}/g, '');
    for (const tenantId of tenants.slice(1)) {
      const foreign = await ask(tenantId, 'GET', `/v1/jobs/${jobId}`);
      const none = await ask(tenantId, 'GET', `/v1/jobs/${absent}`);
      expect(foreign.status).toBe(404);
      expect(withoutIds(foreign.text)).toBe(withoutIds(none.text));
    }
  });

  it('opens the metrics to administrators alone', async () => {
    expect((await ask('t1', 'GET', '/metrics')).status).toBe(403);
  });

  it('has asked every route that reads', async () => {
    const reads = Object.entries(roleTable)
      .filter(([route, requirement]) => requirement !== 'public' && /^(GET|POST) /.test(route))
      .map(([route]) => route)
      // It writes: each line's tenant is the scope's, and its reply names what the line named.
      .filter((route) => route !== 'POST /v1/changes');
    const asked = [...counted.keys()].map((route) =>
      route.replace(/(documents|jobs)\/.+$/, (_, folder) =>
        folder === 'jobs' ? 'jobs/{jobId}' : 'documents/{documentId}',
      ),
    );
    expect(reads.filter((route) => !asked.includes(route))).toEqual([]);
  });
});
