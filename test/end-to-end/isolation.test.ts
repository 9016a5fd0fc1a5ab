import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engines } from './engines.ts';
import {
  fillTenants,
  type GuardedBraid,
  isFull,
  markOf,
  marksIn,
  openGuardedBraid,
  tell,
  wordAt,
} from './isolation.ts';
import { removeIndices } from './remove-indices.ts';

// Twenty tenants of fifty documents, 200 requests a route: BRAID_ISOLATION=full. The suite takes a smaller share.
const tenants = Array.from({ length: isFull ? 20 : 4 }, (_, at) => `t${at}`);
const documents = isFull ? 50 : 12;
const requestsARoute = isFull ? 200 : 20;
const secret = 'only-of-t0';

/** A search's reply without what the caller said itself: its request, and the keys of its facets. */
function withoutEcho(text: string): string {
  const reply: unknown = text.startsWith('{') ? JSON.parse(text) : undefined;
  if (typeof reply !== 'object' || reply === null || !('results' in reply)) return text;
  return JSON.stringify(reply, (name, value: unknown) =>
    name === 'request' || name === 'key' ? undefined : value,
  );
}

/** A reply without what is its own: ids of requests, and the id that was asked for. */
function withoutIds(text: string, ...ids: readonly string[]): string {
  return ids
    .reduce((left, id) => left.replaceAll(id, 'ID'), text)
    .replaceAll(/[\da-f]{8}-[\da-f]{4}-[\da-f-]{22}/g, 'UUID');
}

const requests = fc.record({
  tenantId: fc.constantFrom(...tenants),
  number: fc.nat(1_000_000),
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
  complete: fc.boolean(),
  feedback: fc.boolean(),
  diversity: fc.boolean(),
  duplicates: fc.boolean(),
  boost: fc.boolean(),
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
type Draw = typeof requests extends fc.Arbitrary<infer R> ? R : never;

function searchOf(draw: Draw) {
  return {
    query: draw.query,
    topK: 10,
    lexical: { weight: draw.lexicalWeight },
    dense: { weight: 1 - draw.lexicalWeight },
    fusion: { method: draw.fusion },
    ...(draw.collapse && { collapse: 'document' }),
    ...(draw.expand && { expand: 'parent' }),
    highlight: draw.highlight,
    ...(draw.fusion === 'linear' && draw.complete && { complete: true }),
    ...(draw.fusion === 'linear' &&
      draw.boost && { boosts: [{ weight: 1, saturation: { key: 'number', pivot: 5 } }] }),
    ...(draw.feedback && draw.lexicalWeight < 1 && { feedback: { hits: 3 } }),
    ...(draw.diversity && { diversity: { lambda: 0.5 } }),
    ...(draw.duplicates && { duplicates: { similarity: 0.95 } }),
    ...(draw.filter !== undefined && { filter: draw.filter }),
    ...(draw.facets && {
      facets: [
        { key: 'owner' },
        { key: 'parity' },
        { key: 'number', statistics: true },
        ...tenants.slice(0, 3).map((tenantId) => ({ key: `key-${markOf(tenantId)}` })),
      ],
    }),
  };
}

describe.each(engines())('isolation on $engine', ({ engine, url }) => {
  if (url === null) {
    it.skip('needs OpenSearch', () => {});
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'braid-isolation-'));
  const indexPrefix = `isolation-${process.pid}-${Date.now().toString(36)}`;
  let guarded: GuardedBraid;
  const keys = new Map<string, string>();
  const administrators = new Map<string, string>();
  const jobs = new Map<string, string>();
  let asked = 0;

  beforeAll(async () => {
    guarded = await openGuardedBraid(folder, { engine, ...(url && { opensearch: { url, indexPrefix } }) });
    await fillTenants(guarded, tenants, documents);
    for (const tenantId of tenants) {
      keys.set(tenantId, await guarded.keyOf(tenantId));
      administrators.set(tenantId, await guarded.keyOf(tenantId, [], ['admin']));
    }
    await guarded.send(keys.get('t0')!, 'PUT', `/v1/documents/${secret}?wait=searchable`, {
      content: 'The zanzibar ledger names the harbour.',
      metadata: { owner: markOf('t0') },
    });
    for (const tenantId of tenants) {
      const reply = await guarded.send(keys.get(tenantId)!, 'PATCH', '/v1/documents/shared%2F0', {
        metadata: { owner: markOf(tenantId), parity: 'even', number: 0 },
      });
      jobs.set(tenantId, ((await reply.json()) as { jobId: string }).jobId);
    }
    for (const tenantId of tenants) {
      for (let state = 'queued'; state !== 'done'; ) {
        const reply = await guarded.send(keys.get(tenantId)!, 'GET', `/v1/jobs/${jobs.get(tenantId)}`);
        ({ state } = (await reply.json()) as { state: string });
        expect(['queued', 'running', 'done']).toContain(state);
      }
    }
  }, 900_000);
  afterAll(async () => {
    await guarded?.close();
    rmSync(folder, { recursive: true, force: true });
    if (url) await removeIndices(url, indexPrefix);
  });

  /** Sends as a tenant, and looks for anything of another in the reply. */
  const ask = async (
    tenantId: string,
    method: string,
    path: string,
    body?: unknown,
    { key = keys.get(tenantId)!, accept }: { readonly key?: string; readonly accept?: string } = {},
  ) => {
    const response = await guarded.send(
      key,
      method,
      path,
      body,
      accept === undefined ? {} : { Accept: accept },
    );
    const text = await response.text();
    asked += 1;
    const foreign = marksIn(withoutEcho(text)).filter((mark) => mark !== tenantId);
    expect(foreign, `${tenantId} ${method} ${path} ${JSON.stringify(body)}`).toEqual([]);
    if (tenantId !== 't0') expect(text).not.toMatch(/zanzibar ledger names/);
    return { status: response.status, text };
  };
  const strangerTo = (tenantId: string) => tenants.find((other) => other !== tenantId)!;
  /** Answers are the same for what is another tenant's and for what is not there. */
  const expectAlike = async (
    tenantId: string,
    send: (id: string) => Promise<{ readonly status: number; readonly text: string }>,
    foreign: string,
    absent: string,
  ) => {
    const [theirs, none] = [await send(foreign), await send(absent)];
    expect([theirs.status, withoutIds(theirs.text, foreign)], `${tenantId} ${foreign}`).toEqual([
      none.status,
      withoutIds(none.text, absent),
    ]);
    return theirs.status;
  };

  /** One request of each route that stands in the OpenAPI document, as a tenant; a route that is not here fails the test. */
  const routes: Readonly<Record<string, (draw: Draw) => Promise<void>>> = {
    async 'POST /v1/search'(draw) {
      const { tenantId } = draw;
      const body = searchOf(draw);
      const { status, text } = await ask(tenantId, 'POST', '/v1/search', body);
      expect(status, text).toBe(200);
      const reply = JSON.parse(text) as {
        results: { documentId: string }[];
        facets: { key: string; values?: { documents: number }[] }[];
        cursor?: string;
      };
      const own = documents + (tenantId === 't0' ? 1 : 0);
      for (const { key, values = [] } of reply.facets) {
        const total = values.reduce((sum, { documents: count }) => sum + count, 0);
        expect(total, key).toBeLessThanOrEqual(own);
        if (key.startsWith('key-') && key !== `key-${markOf(tenantId)}`) expect(total).toBe(0);
      }
      if (tenantId !== 't0') expect(reply.results.map(({ documentId }) => documentId)).not.toContain(secret);
      if (reply.cursor === undefined) return;
      await ask(tenantId, 'POST', '/v1/search', { ...body, cursor: reply.cursor });
      // Another tenant cannot go on where this one was.
      const stolen = await ask(strangerTo(tenantId), 'POST', '/v1/search', { ...body, cursor: reply.cursor });
      expect([400, 410]).toContain(stolen.status);
    },

    async 'POST /v1/answer'({ tenantId, query, number }) {
      const accept = number % 2 === 0 ? 'application/json' : 'text/event-stream';
      const { status, text } = await ask(tenantId, 'POST', '/v1/answer', { question: query }, { accept });
      expect(status, text).toBe(200);
      expect(text).not.toContain('event: error');
      // A conversation is its tenant's alone: to another it is as if it did not exist.
      const converse = (who: string, sessionId: string) =>
        ask(who, 'POST', '/v1/answer', { question: query, sessionId });
      const { sessionId } = JSON.parse((await converse(tenantId, 'new')).text) as { sessionId: string };
      expect(JSON.parse((await converse(tenantId, sessionId)).text)).toMatchObject({ sessionId });
      const send = (sessionId: string) => converse(strangerTo(tenantId), sessionId);
      const absent = String(number).padStart(22, 'x');
      expect(await expectAlike(strangerTo(tenantId), send, sessionId, absent)).toBe(404);
    },

    async 'GET /v1/documents'({ tenantId, number }) {
      const ids: string[] = [];
      for (let cursor = ''; ; ) {
        const page = `/v1/documents?limit=${1 + (number % 40)}${cursor}`;
        const { text } = await ask(tenantId, 'GET', page);
        const reply = JSON.parse(text) as { documents: { documentId: string }[]; cursor?: string };
        ids.push(...reply.documents.map(({ documentId }) => documentId));
        if (reply.cursor === undefined) break;
        cursor = `&cursor=${reply.cursor}`;
        if (number % 5 === 0) await ask(strangerTo(tenantId), 'GET', `${page}${cursor}`);
      }
      expect(new Set(ids).size).toBe(documents + (tenantId === 't0' ? 1 : 0));
    },

    async 'GET /v1/documents/{documentId}'({ tenantId, number }) {
      const id = encodeURIComponent(`shared/${number % documents}`);
      const { text } = await ask(tenantId, 'GET', `/v1/documents/${id}?include=chunks`);
      expect(marksIn(text)).toEqual([tenantId]);
      if (tenantId === 't0') return;
      const status = await expectAlike(
        tenantId,
        (documentId) => ask(tenantId, 'GET', `/v1/documents/${documentId}`),
        secret,
        `absent-${number}`,
      );
      expect(status).toBe(404);
    },

    async 'GET /v1/jobs/{jobId}'({ tenantId, number }) {
      expect((await ask(tenantId, 'GET', `/v1/jobs/${jobs.get(tenantId)}`)).status).toBe(200);
      const foreign = jobs.get(strangerTo(tenantId))!;
      const absent = foreign.replace(/.{7}$/, String(number).padStart(7, '0'));
      const send = (jobId: string) => ask(tenantId, 'GET', `/v1/jobs/${jobId}`);
      expect(await expectAlike(tenantId, send, foreign, absent)).toBe(404);
    },

    async 'GET /metrics'({ tenantId }) {
      expect((await ask(tenantId, 'GET', '/metrics')).status).toBe(403);
      const key = administrators.get(tenantId)!;
      expect((await ask(tenantId, 'GET', '/metrics', undefined, { key })).status).toBe(200);
    },

    async 'GET /healthz'({ tenantId }) {
      expect((await ask(tenantId, 'GET', '/healthz')).status).toBe(200);
    },
    async 'GET /readyz'({ tenantId }) {
      expect((await ask(tenantId, 'GET', '/readyz')).status).toBe(200);
    },

    // What writes replies too.
    async 'PUT /v1/documents/{documentId}'({ tenantId, number }) {
      const body = { content: 'x', source: 'other' };
      const { status } = await ask(tenantId, 'PUT', '/v1/documents/shared%2F1?wait=stored', body);
      expect(status).toBe(409);
      // Another tenant's text is no vector that is there already.
      const name = `/v1/documents/mine-${number}-${asked}?wait=stored`;
      const content = 'The zanzibar ledger names the harbour.'.replace('names', `names ${number % 3}`);
      const written = await ask(tenantId, 'PUT', name, { content });
      expect(written.status, written.text).toBe(200);
      await ask(tenantId, 'DELETE', name);
    },
    async 'PATCH /v1/documents/{documentId}'({ tenantId, number }) {
      if (tenantId === 't0') return;
      const send = (documentId: string) =>
        ask(tenantId, 'PATCH', `/v1/documents/${documentId}?wait=stored`, { access: { allow: [] } });
      expect(await expectAlike(tenantId, send, secret, `absent-${number}`)).toBe(404);
    },
    async 'DELETE /v1/documents/{documentId}'({ tenantId, number }) {
      if (tenantId === 't0') return;
      const send = (documentId: string) => ask(tenantId, 'DELETE', `/v1/documents/${documentId}?wait=stored`);
      expect(await expectAlike(tenantId, send, secret, `absent-${number}`)).toBe(404);
    },
    async 'POST /v1/changes'({ tenantId, number }) {
      const event = { operation: 'delete', source: 'isolation', documentId: 'shared/2', version: '99' };
      const foreign = { ...event, tenantId: strangerTo(tenantId) };
      const reply = await guarded.send(keys.get(tenantId)!, 'POST', '/v1/changes?format=braid', foreign);
      const text = await reply.text();
      // A feed of nothing but such events is stopped as a storm.
      expect([200, 409], text).toContain(reply.status);
      if (reply.status === 200) expect(text).toContain('wrong_tenant');
      expect(number).toBeGreaterThanOrEqual(0);
    },
  };

  it(
    `shows, counts and marks nothing of another tenant on any route, ${requestsARoute} times each`,
    async () => {
      const reply = await guarded.api.request('/openapi.json');
      const { paths } = (await reply.json()) as { paths: Record<string, Record<string, unknown>> };
      const documented = Object.entries(paths).flatMap(([path, methods]) =>
        Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
      );
      expect(documented.length).toBeGreaterThan(10);
      expect(documented.filter((route) => routes[route] === undefined)).toEqual([]);
      for (const [at, route] of documented.entries()) {
        for (const draw of fc.sample(requests, { numRuns: requestsARoute, seed: 11 + at })) {
          await routes[route]!(draw);
        }
      }
      // Nothing of what was tried has changed what is there.
      for (const tenantId of tenants) {
        const { text } = await ask(tenantId, 'GET', '/v1/documents/shared%2F2');
        expect(marksIn(text)).toEqual([tenantId]);
      }
      expect((await ask('t0', 'GET', `/v1/documents/${secret}`)).status).toBe(200);
      tell(`T1 ${engine}: ${documented.length} of ${documented.length} routes`, 0, asked);
    },
    isFull ? 3_000_000 : 180_000,
  );

  it('embeds what another tenant has stored as if it were new', async () => {
    const content = 'Vectors of one tenant are no news to another.';
    const embedded: number[] = [];
    for (const tenantId of [tenants[0]!, tenants[1]!, tenants[0]!]) {
      const name = `/v1/documents/cache-${embedded.length}?wait=stored`;
      const { text } = await ask(tenantId, 'PUT', name, { content });
      embedded.push((JSON.parse(text) as { embedded: number }).embedded);
      await ask(tenantId, 'DELETE', name);
    }
    expect(embedded).toEqual([1, 1, 0]);
  });
});
