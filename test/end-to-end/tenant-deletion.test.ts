import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { engines } from './engines.ts';
import { type GuardedBraid, markOf, marksIn, openGuardedBraid } from './isolation.ts';
import { removeIndices } from './remove-indices.ts';

const documents = 3;
const sessions = 2;

/** A tenant with one of everything that Braid keeps, beside another that has the same. */
describe.each(engines())('deletion of a tenant on $engine', ({ engine, url }) => {
  if (url === null) {
    it.skip('needs OpenSearch', () => {});
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'braid-deletion-'));
  const indexPrefix = `deletion-${process.pid}-${Date.now().toString(36)}`;
  let guarded: GuardedBraid;
  const keys = new Map<string, string>();
  const sessionOf = new Map<string, string>();

  beforeAll(async () => {
    guarded = await openGuardedBraid(folder, {
      engine,
      audit: { reads: true },
      invocationLog: { enabled: true, bodies: true, maxSeconds: 1 },
      ...(url && { opensearch: { url, indexPrefix } }),
    });
    for (const tenantId of ['left', 'right']) await fill(tenantId);
    // Until the last line of a call of a model is in its object.
    await new Promise((resolve) => setTimeout(resolve, 2_000));
  }, 120_000);
  afterAll(async () => {
    await guarded?.close();
    rmSync(folder, { recursive: true, force: true });
    if (url) await removeIndices(url, indexPrefix);
  });

  const send = async (tenantId: string, method: string, path: string, body?: unknown) => {
    const reply = await guarded.send(keys.get(tenantId)!, method, path, body);
    return { status: reply.status, text: await reply.text() };
  };
  const fill = async (tenantId: string) => {
    const mark = markOf(tenantId);
    keys.set(tenantId, await guarded.keyOf(tenantId));
    await guarded.keyOf(tenantId, ['user:second']);
    for (let at = 0; at < documents; at += 1) {
      const body = { content: `The gate ${at} of ${mark} closes at noon.`, title: mark };
      const { status, text } = await send(tenantId, 'PUT', `/v1/documents/${at}?wait=searchable`, body);
      expect(status, text).toBe(200);
    }
    const deleted = await send(tenantId, 'DELETE', '/v1/documents/0?wait=stored');
    expect(deleted.status).toBe(200);
    const job = await send(tenantId, 'PATCH', '/v1/documents/1', { metadata: { mark } });
    expect(job.status).toBe(202);
    const { jobId } = JSON.parse(job.text) as { jobId: string };
    await vi.waitFor(
      async () => expect((await send(tenantId, 'GET', `/v1/jobs/${jobId}`)).text).toContain('"done"'),
      { timeout: 20_000, interval: 100 },
    );
    const event = { operation: 'delete', source: 'x', documentId: mark, version: '1', tenantId: 'wrong' };
    const fed = await send(tenantId, 'POST', '/v1/changes?format=braid', event);
    expect(fed.text).toContain('dead_lettered');
    for (let at = 0; at < sessions; at += 1) {
      const answered = await send(tenantId, 'POST', '/v1/answer', {
        question: `When does the gate ${at} of ${mark} close?`,
        sessionId: 'new',
      });
      sessionOf.set(tenantId, (JSON.parse(answered.text) as { sessionId: string }).sessionId);
    }
  };

  const filesIn = (path: string) =>
    readdirSync(path, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name));
  const invocationsOf = (tenantId: string) =>
    filesIn(folder).filter((path) => path.includes(join('invocations', tenantId, '/'))).length;
  const readsOf = (tenantId: string) =>
    filesIn(folder)
      .filter((path) => path.endsWith(`reads-${tenantId}.jsonl`))
      .reduce((sum, path) => sum + readFileSync(path, 'utf8').trimEnd().split('\n').length, 0);
  /** All that the engine holds, as it holds it. */
  const everything = async (): Promise<string> => {
    const files = filesIn(folder).map((path) => `${path} ${readFileSync(path, 'latin1')}`);
    if (!url) return files.join('\n');
    await fetch(`${url}/${indexPrefix}*/_refresh`, { method: 'POST' });
    const reply = await fetch(`${url}/${indexPrefix}*/_search?size=10000&expand_wildcards=all`);
    const { hits } = (await reply.json()) as { hits: { hits: unknown[] } };
    return [...files, JSON.stringify(hits.hits)].join('\n');
  };

  it('counts each thing that it removes, and nothing of the tenant is left in any file or index', async () => {
    await guarded.braid.audit.flush();
    const [invocations, reads] = [invocationsOf('left'), readsOf('left')];
    expect(invocations).toBeGreaterThan(0);
    expect(reads).toBeGreaterThan(documents);
    expect(marksIn(await everything()).toSorted()).toEqual(['left', 'right']);

    const { state, removed } = await guarded.braid.tenantDeletions.delete('left');
    expect(state).toBe('done');
    expect(removed).toMatchObject({
      // The deleted one as its tombstone.
      documents,
      chunks: documents - 1,
      keys: 2,
      auditedReads: reads,
      invocationLogs: invocations,
    });
    expect(removed.vectors).toBeGreaterThanOrEqual(documents - 1);
    expect(removed.state).toMatchObject({ sessions, jobs: 1, dead_letters: 1 });

    expect(marksIn(await everything())).toEqual(['right']);
    expect([invocationsOf('left'), readsOf('left')]).toEqual([0, 0]);
    expect((await guarded.send(keys.get('left')!, 'GET', '/v1/documents')).status).toBe(401);
  }, 60_000);

  it('leaves all of another tenant', async () => {
    const { text } = await send('right', 'GET', '/v1/documents');
    expect((JSON.parse(text) as { documents: unknown[] }).documents).toHaveLength(documents - 1);
    const followUp = { question: 'And the other?', sessionId: sessionOf.get('right') };
    expect((await send('right', 'POST', '/v1/answer', followUp)).status).toBe(200);
    expect([invocationsOf('right') > 0, readsOf('right') > documents]).toEqual([true, true]);
  }, 30_000);
});
