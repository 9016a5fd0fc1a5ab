import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requestLimits } from '../../api/schemas/limits.ts';
import { type RunningServer, startServer } from '../../api/serve.ts';
import { documentLimits } from '../../domain/document.ts';
import { filterLimits } from '../../domain/filter.ts';
import { engines } from './engines.ts';
import { foreignDsl, injections } from './injections.ts';
import { fillTenants, type GuardedBraid, isFull, marksIn, openGuardedBraid, tell } from './isolation.ts';
import { type RecordingProxy, startRecordingProxy } from './isolation-proxy.ts';
import { removeIndices } from './remove-indices.ts';

const maxBodyBytes = 65_536;

describe.each(engines())('what callers try on $engine', ({ engine, url }) => {
  if (url === null) {
    it.skip('needs OpenSearch', () => {});
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'braid-abuse-'));
  const indexPrefix = `abuse-${process.pid}-${Date.now().toString(36)}`;
  let guarded: GuardedBraid;
  let server: RunningServer;
  let proxy: RecordingProxy | undefined;
  let key: string;
  let above = 0;

  beforeAll(async () => {
    proxy = url === undefined ? undefined : await startRecordingProxy(url);
    guarded = await openGuardedBraid(folder, {
      engine,
      server: { maxBodyBytes, concurrency: 4 },
      limits: { keyRequestsPerSecond: 100_000, tenantRequestsPerSecond: 100_000 },
      ...(proxy && { opensearch: { url: proxy.url, indexPrefix } }),
    });
    server = await startServer(guarded.api, { host: '127.0.0.1', port: 0, isAuthenticated: true });
    await fillTenants(guarded, ['t0', 't1'], 8);
    key = await guarded.keyOf('t0');
    proxy?.take();
  }, 120_000);
  afterAll(async () => {
    await server?.close();
    await guarded?.close();
    await proxy?.close();
    rmSync(folder, { recursive: true, force: true });
    if (url) await removeIndices(url, indexPrefix);
  });

  it('takes words as words and refuses everything else, and sends the engine no query but its own', async () => {
    const every = injections();
    expect(every.length).toBeGreaterThanOrEqual(500);
    const all = isFull || proxy === undefined ? every : every.filter((_, at) => at % 4 === 0);
    const wrong: string[] = [];
    let requests = 0;
    for (const { name, method, path, body, isText } of all) {
      const reply = await guarded.send(key, method, path, body);
      const text = await reply.text();
      const isServed = reply.status === 200;
      if (reply.status >= 500 || (isText ? !isServed : isServed))
        wrong.push(`${name}: ${reply.status} ${text.slice(0, 200)}`);
      if (isServed && marksIn(text).some((mark) => mark !== 't0'))
        wrong.push(`${name}: shows another tenant`);
      for (const request of proxy?.take() ?? []) {
        requests += 1;
        for (const part of foreignDsl(request.body)) wrong.push(`${name}: ${request.path} has ${part}`);
      }
    }
    expect(wrong).toEqual([]);
    tell(`S3 ${engine}: statuses above 499, injections served, or foreign rows`, 0, all.length);
    if (proxy !== undefined)
      tell("S3 opensearch: requests with a query that is not Braid's own", 0, requests);
  }, 180_000);

  it('would see a query that is not its own', () => {
    for (const query of [
      { query: { query_string: { query: '*' } } },
      { query: { bool: { filter: [{ script: { script: { source: 'true' } } }] } } },
      { query: { terms: { allow: { index: 'x', id: '1', path: 'p' } } } },
    ]) {
      expect(foreignDsl(JSON.stringify(query))).not.toEqual([]);
    }
  });

  const letters = (count: number) => 'x'.repeat(count);
  const many = <T>(count: number, of: (at: number) => T): T[] =>
    Array.from({ length: count }, (_, at) => of(at));
  const leaf = { equals: { key: 'a', value: 1 } };
  const deep = (levels: number) =>
    many(levels - 1, () => 0).reduce<object>((inner) => ({ andAll: [inner, leaf] }), leaf);
  const search = (parts: object) => ['POST', '/v1/search', { query: 'note', ...parts }] as const;
  const put = (parts: object, id = 'limits') =>
    ['PUT', `/v1/documents/${id}?wait=stored`, { content: 'x', ...parts }] as const;

  /** Each limit: a request that is just at it or below, and one that is one above. */
  const limits: Readonly<
    Record<string, (above: 0 | 1) => readonly ['GET' | 'POST' | 'PUT', string, unknown?]>
  > = {
    query: (above) => search({ query: letters(requestLimits.queryCharacters + above) }),
    question: (above) => ['POST', '/v1/answer', { question: letters(requestLimits.queryCharacters + above) }],
    passages: (above) => [
      'POST',
      '/v1/answer',
      { question: 'note', passages: requestLimits.passages + above },
    ],
    topK: (above) =>
      search({
        topK: requestLimits.topK + above,
        lexical: { candidates: 2_000 },
        dense: { candidates: 2_000 },
      }),
    candidates: (above) => search({ lexical: { candidates: requestLimits.candidates + above } }),
    'filter depth': (above) => search({ filter: deep(filterLimits.depth + above) }),
    'filter conditions': (above) =>
      search({ filter: { orAll: many(filterLimits.leaves + above, () => leaf) } }),
    'filter values': (above) =>
      search({ filter: { in: { key: 'a', value: many(filterLimits.values + above, (at) => at) } } }),
    'filter value bytes': (above) =>
      search({ filter: { equals: { key: 'a', value: letters(filterLimits.valueBytes + above) } } }),
    'filter key bytes': (above) =>
      search({ filter: { equals: { key: letters(filterLimits.keyBytes + above), value: 1 } } }),
    facets: (above) => search({ facets: many(requestLimits.facets + above, (at) => ({ key: `k${at}` })) }),
    'facet size': (above) => search({ facets: [{ key: 'a', size: requestLimits.facetSize + above }] }),
    'facet ranges': (above) =>
      search({ facets: [{ key: 'a', ranges: many(requestLimits.facetRanges + above, (at) => at) }] }),
    boosts: (above) =>
      search({ boosts: many(10 + above, () => ({ weight: 1, equals: { key: 'a', value: 1 } })) }),
    'feedback hits': (above) => search({ feedback: { hits: 20 + above } }),
    'listed documents': (above) => ['GET', `/v1/documents?limit=${requestLimits.listedDocuments + above}`],
    'document id': (above) => put({}, letters(documentLimits.documentIdBytes + above)),
    title: (above) => put({ title: letters(documentLimits.titleBytes + above) }),
    uri: (above) => put({ uri: letters(documentLimits.uriBytes + above) }),
    source: (above) => put({ source: letters(documentLimits.sourceBytes + above) }, 'other-source'),
    'metadata keys': (above) =>
      put({
        metadata: Object.fromEntries(many(documentLimits.metadataKeys + above, (at) => [`k${at}`, at])),
      }),
    'metadata key bytes': (above) =>
      put({ metadata: { [letters(documentLimits.metadataKeyBytes + above)]: 1 } }),
    'metadata text': (above) => put({ metadata: { a: letters(documentLimits.metadataStringBytes + above) } }),
    'metadata list': (above) =>
      put({ metadata: { a: many(documentLimits.metadataListItems + above, () => 'x') } }),
    'principal bytes': (above) => put({ access: { allow: [letters(512 + above)] } }),
    'version digits': (above) => put({ version: '9'.repeat(80 + above) }, 'last-version'),
    'body depth': (above) =>
      search({ filter: many(64 - 2 + above * 9, () => 0).reduce<object>((inner) => [inner], leaf) }),
    'body bytes': (above) => {
      const body = { content: '' };
      return put({ content: letters(maxBodyBytes - JSON.stringify(body).length + above) }, 'body');
    },
  };

  it.each(Object.keys(limits))('holds the limit of %s', async (name) => {
    const send = async (above: 0 | 1) => {
      const [method, path, body] = limits[name]!(above);
      const reply = await guarded.send(key, method, path, body);
      return [reply.status, await reply.text()] as const;
    };
    if (name !== 'body depth') {
      const [status, text] = await send(0);
      expect(status, text).toBe(200);
    }
    const [status, text] = await send(1);
    expect(status, text).toBe(name === 'body bytes' ? 413 : 400);
    expect(text).toMatch(/"type":"urn:braid:problem:(invalid_input|body_too_large)"/);
    above += 1;
  });

  it('has accepted nothing above a limit', () => {
    expect(above).toBe(Object.keys(limits).length);
    tell(`S9 ${engine}: accepted one above a limit`, 0, above);
  });

  it('answers 413 to a line of changes that is too long, and 431 to headers that are', async () => {
    const headers = { Authorization: `Bearer ${key}`, 'Content-Type': 'application/x-ndjson' };
    const line = await fetch(`${server.url}/v1/changes`, {
      method: 'POST',
      headers,
      body: letters(maxBodyBytes + 1),
    });
    expect(line.status, await line.text()).toBe(413);
    const long = await fetch(`${server.url}/v1/documents`, {
      headers: { ...headers, 'X-Padding': letters(16_384) },
    });
    expect(long.status).toBe(431);
    expect(await long.json()).toMatchObject({ type: 'urn:braid:problem:headers_too_large' });
  });

  it('answers 503 with Retry-After above the requests served at once, and serves again after', async () => {
    const replies = await Promise.all(
      many(24, () => guarded.send(key, 'POST', '/v1/search', { query: 'note' })),
    );
    const shed = replies.filter(({ status }) => status === 503);
    expect(shed.length).toBeGreaterThan(0);
    expect(replies.every(({ status }) => status === 200 || status === 503)).toBe(true);
    for (const reply of shed) expect(reply.headers.get('retry-after')).toBe('1');
    await Promise.all(replies.map((reply) => reply.text()));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect((await guarded.send(key, 'POST', '/v1/search', { query: 'note' })).status).toBe(200);
  });
});
