import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { documentKey } from '../../domain/chunk.ts';
import { describeWithOpenSearch } from '../servers/describe-with-opensearch.ts';
import { fillTenants, isFull, openGuardedBraid, tell, wordAt } from './isolation.ts';
import { startRecordingProxy, unscopedQueries } from './isolation-proxy.ts';
import { removeIndices } from './remove-indices.ts';

// At least 10,000 requests with BRAID_ISOLATION=full.
const wanted = isFull ? 10_000 : 150;
const documents = 10;

describeWithOpenSearch('requests to OpenSearch', (openSearchUrl) => {
  it(`carry tenant and access list in each query of at least ${wanted} requests that read`, async () => {
    const proxy = await startRecordingProxy(openSearchUrl);
    const folder = mkdtempSync(join(tmpdir(), 'braid-proxy-'));
    const indexPrefix = `proxy-${process.pid}-${Date.now().toString(36)}`;
    const guarded = await openGuardedBraid(folder, {
      engine: 'opensearch',
      opensearch: { url: proxy.url, indexPrefix },
    });
    onTestFinished(async () => {
      await guarded.close();
      await proxy.close();
      rmSync(folder, { recursive: true, force: true });
      await removeIndices(openSearchUrl, indexPrefix);
    });
    const tenants = ['t0', 't1'];
    await fillTenants(guarded, tenants, documents);
    const keys = new Map<string, string>();
    for (const tenantId of tenants) keys.set(tenantId, await guarded.keyOf(tenantId, ['user:a']));
    proxy.take();

    let requests = 0;
    let queries = 0;
    let completions = 0;
    const sessions = new Map<string, string>();
    for (let round = 0; requests < wanted; round += 1) {
      const tenantId = tenants[round % tenants.length]!;
      const key = keys.get(tenantId)!;
      const ids = Array.from({ length: documents }, (_, at) => `shared/${at}`);
      const known = new Set(ids.map((id) => documentKey(tenantId, id)));
      const weight = [0, 0.5, 1][round % 3]!;
      const body = {
        // Neither leg finds all that the other does, so that each is asked for what it has not found.
        query: round % 2 === 0 ? `${wordAt(round)} note` : wordAt(round),
        topK: 4,
        lexical: { weight },
        dense: { weight: 1 - weight, candidates: 4 },
        complete: true,
        feedback: weight < 1 ? { hits: 3 } : undefined,
        diversity: round % 3 === 0 ? { lambda: 0.5 } : undefined,
        expand: 'parent',
        highlight: round % 2 === 0,
        facets: [{ key: 'owner' }, { key: 'number', statistics: true }],
        ...(round % 4 === 0 && { filter: { equals: { key: 'parity', value: 'even' } } }),
      };
      const found = await guarded.send(key, 'POST', '/v1/search', body);
      expect(found.status).toBe(200);
      const { cursor } = (await found.json()) as { cursor?: string };
      if (cursor !== undefined) await guarded.send(key, 'POST', '/v1/search', { ...body, cursor });
      // A follow-up reads what the answers before it rested on.
      const answered = await guarded.send(key, 'POST', '/v1/answer', {
        question: wordAt(round),
        sessionId: sessions.get(tenantId) ?? 'new',
      });
      expect(answered.status).toBe(200);
      sessions.set(tenantId, ((await answered.json()) as { sessionId: string }).sessionId);
      await guarded.send(key, 'GET', '/v1/documents?limit=3');
      const id = encodeURIComponent(ids[round % documents]!);
      expect((await guarded.send(key, 'GET', `/v1/documents/${id}?include=chunks`)).status).toBe(200);

      const recorded = proxy.take();
      requests += recorded.length;
      for (const request of recorded) {
        const { queries: count, unscoped } = unscopedQueries(request, tenantId, known);
        queries += count;
        if (request.path.endsWith('/_msearch') && request.body.includes('"chunkId":[')) completions += 1;
        expect(unscoped, `${request.method} ${request.path}`).toEqual([]);
      }
    }
    expect(queries).toBeGreaterThan(wanted / 2);
    expect(completions).toBeGreaterThan(0);
    tell(`T2: queries without the scope, in ${requests} requests`, 0, queries);
  }, 1_800_000);
});
