import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InvalidInput } from '../../domain/errors.ts';
import { engines } from './engines.ts';
import { type GuardedBraid, isFull, openGuardedBraid, tell } from './isolation.ts';
import { removeIndices } from './remove-indices.ts';

/** Principals that are easily taken for one another: 33 of them make 1,056 pairs of different ones. */
const principals = [
  ...[
    'user:User-1',
    'user:User-10',
    'user:User',
    'user:user-1',
    'user:USER-1',
    'user:User-1 ',
    ' user:User-1',
  ],
  ...[
    'user:User 1',
    'user:User_1',
    'user:User:1',
    'user:User',
    'user:User-1:',
    'user',
    'user:',
    '1',
    'User-1',
  ],
  ...[
    'group:User-1',
    'user:\u0410nna',
    'user:Anna',
    'user:anna',
    'user:A\u0301nna',
    'user:\u00c1nna',
    'user:a,b',
  ],
  ...[
    'user:a',
    'user:b',
    'user:*',
    'user:%',
    'user:User-?',
    '*',
    '"user:User-1"',
    "user:'",
    'user:\u{1f600}',
  ],
  ...['user:\ud7ff', 'null', '[]', 'user:User-1\u0000'],
];
const distinct = [...new Set(principals)];

const rounds = isFull ? 20 : 1;
const searchEveryMs = 20;
/** A write is searchable after this on OpenSearch; what is shown obeys the record at once. */
const refreshMs = 1_000;

describe.each(engines())('access lists on $engine', ({ engine, url }) => {
  if (url === null) {
    it.skip('needs OpenSearch', () => {});
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'braid-access-'));
  const indexPrefix = `access-${process.pid}-${Date.now().toString(36)}`;
  let guarded: GuardedBraid;

  beforeAll(async () => {
    guarded = await openGuardedBraid(folder, {
      engine,
      tenants: { strict: { accessControl: 'required' } },
      ...(url && { opensearch: { url, indexPrefix } }),
    });
  }, 120_000);
  afterAll(async () => {
    await guarded?.close();
    rmSync(folder, { recursive: true, force: true });
    if (url) await removeIndices(url, indexPrefix);
  });

  const operatorOf = (tenantId: string) => guarded.braid.scopes.operator(tenantId);
  const write = async (tenantId: string, documentId: string, parts: object = {}) => {
    await guarded.braid.pipeline.write(operatorOf(tenantId), {
      operation: 'upsert',
      document: {
        documentId,
        source: 'test',
        mediaType: 'text/plain',
        content: 'The basin is deep.',
        metadata: { id: documentId },
        ...parts,
      },
    });
  };
  const refresh = (tenantId: string) => guarded.braid.documents.refresh(operatorOf(tenantId));

  /** What a key is shown by every way of reading. */
  const shownTo = async (key: string): Promise<string[][]> => {
    const found = await guarded.send(key, 'POST', '/v1/search', { query: 'basin', topK: 50 });
    const { results } = (await found.json()) as { results: { documentId: string }[] };
    const listed = await guarded.send(key, 'GET', '/v1/documents?limit=200');
    const { documents } = (await listed.json()) as { documents: { documentId: string }[] };
    const faceted = await guarded.send(key, 'POST', '/v1/search', {
      query: 'basin',
      topK: 1,
      dense: { weight: 0 },
      facets: [{ key: 'id', size: 100 }],
    });
    expect([found.status, listed.status, faceted.status]).toEqual([200, 200, 200]);
    const { facets } = (await faceted.json()) as {
      facets: { values: { value: string; documents: number }[] }[];
    };
    // A value that only forbidden documents have is not there with a count of 0 either.
    expect(facets[0]!.values.every(({ documents: count }) => count > 0)).toBe(true);
    return [
      ...[results, documents].map((list) => [...new Set(list.map(({ documentId }) => documentId))].sort()),
      facets[0]!.values.map(({ value }) => value).sort(),
    ];
  };

  it('names what was deleted to an operator alone', async () => {
    const { documents: list } = guarded.braid.pipeline;
    await write('deleted', 'hidden', { access: { allow: ['user:anna'] } });
    await guarded.braid.pipeline.write(operatorOf('deleted'), {
      operation: 'delete',
      documentId: 'hidden',
      source: 'test',
    });
    await refresh('deleted');
    const page = { limit: 9, deleted: true };
    expect((await list(operatorOf('deleted'), page)).records).toHaveLength(1);
    const { reader } = guarded.braid.scopes;
    for (const principals of [[], ['user:bob'], ['user:anna']]) {
      await expect(list(reader('deleted', principals), page)).rejects.toThrow(InvalidInput);
    }
  });

  it(`grants nothing by likeness, in ${distinct.length * (distinct.length - 1)} pairs of principals`, async () => {
    for (const [at, principal] of distinct.entries()) {
      await write('pairs', `d${at}`, { access: { allow: [principal] } });
    }
    await refresh('pairs');
    for (const [at, principal] of distinct.entries()) {
      const key = await guarded.keyOf('pairs', [principal]);
      expect(await shownTo(key), JSON.stringify(principal)).toEqual([[`d${at}`], [`d${at}`], [`d${at}`]]);
    }
    tell(`T4 ${engine}: false grants`, 0, distinct.length * (distinct.length - 1));
  }, 180_000);

  it('fails closed: no list where lists are required, an empty one, and one that is both', async () => {
    const shut = {
      'no-list': {},
      'empty-access': { access: {} },
      'empty-list': { access: { allow: [] } },
      'only-deny': { access: { deny: ['user:z'] } },
      both: { access: { allow: ['user:a'], deny: ['user:a'] } },
      'of-another': { access: { allow: ['user:b'] } },
      expired: { access: { allow: ['user:a'] }, expiresAt: '2001-01-01T00:00:00Z' },
    };
    for (const [documentId, parts] of Object.entries(shut)) await write('strict', documentId, parts);
    await write('strict', 'mine', { access: { allow: ['user:a'] } });
    await refresh('strict');
    expect(await shownTo(await guarded.keyOf('strict', ['user:a']))).toEqual([['mine'], ['mine'], ['mine']]);
    expect(await shownTo(await guarded.keyOf('strict'))).toEqual([[], [], []]);
    const key = await guarded.keyOf('strict', ['user:a']);
    for (const documentId of Object.keys(shut)) {
      expect((await guarded.send(key, 'GET', `/v1/documents/${documentId}`)).status, documentId).toBe(404);
    }
    tell(`T3 ${engine}: documents shown that should be shut`, 0, Object.keys(shut).length * 4 + 8 * 3);
  }, 60_000);

  it('finds a document by each of 10,000 principals, and refuses one more', async () => {
    const allow = Array.from({ length: 10_000 }, (_, at) => `group:${at}`);
    const owner = await guarded.keyOf('long', [], ['ingest']);
    const put = (list: readonly string[]) =>
      guarded.send(owner, 'PUT', '/v1/documents/d?wait=searchable', {
        content: 'The basin is deep.',
        metadata: { id: 'd' },
        access: { allow: list },
      });
    expect((await put(allow)).status).toBe(200);
    for (const at of [0, 5_000, 9_999]) {
      expect(await shownTo(await guarded.keyOf('long', [`group:${at}`]))).toEqual([['d'], ['d'], ['d']]);
    }
    expect(await shownTo(await guarded.keyOf('long', ['group:10000', 'group:99', 'group:9999 ']))).toEqual([
      ['d'],
      ['d'],
      ['d'],
    ]);
    expect(await shownTo(await guarded.keyOf('long', ['group:10000', 'group:', 'Group:99']))).toEqual([
      [],
      [],
      [],
    ]);
    const refused = await put([...allow, 'group:10000']);
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({ field: 'access.allow' });
  }, 60_000);

  /** Searches at 50 a second, whether or not they are answered, and tells when the last that showed something was sent. */
  const watch = (key: string) => {
    let lastSeenAt = 0;
    const replies: Promise<void>[] = [];
    const timer = setInterval(() => {
      const sentAt = Date.now();
      const search = { query: 'basin', dense: { weight: 0 } };
      const reply = guarded.send(key, 'POST', '/v1/search', search).then(async (response) => {
        const { results } = (await response.json()) as { results: unknown[] };
        if (results.length > 0) lastSeenAt = Math.max(lastSeenAt, sentAt);
      });
      replies.push(reply);
    }, searchEveryMs);
    return async () => {
      clearInterval(timer);
      await Promise.all(replies);
      return { lastSeenAt, searches: replies.length };
    };
  };

  it('takes a document away within a refresh of the acknowledged change, while it is searched for', async () => {
    await write('moving', 'd', { access: { allow: ['user:a'] } });
    await refresh('moving');
    const key = await guarded.keyOf('moving', ['user:a']);
    const patch = (parts: object, searchable = false) =>
      guarded.braid.pipeline.write(
        operatorOf('moving'),
        { operation: 'patch', documentId: 'd', ...parts },
        { searchable },
      );
    const lags: Record<string, number[]> = { list: [], expiry: [], clock: [] };
    let searches = 0;
    for (let round = 0; round < rounds; round += 1) {
      for (const how of ['list', 'expiry', 'clock'] as const) {
        // At a time to come the clock alone takes it away.
        const endsAt = Date.now() + 1_200;
        if (how === 'clock') await patch({ expiresAt: new Date(endsAt).toISOString() }, true);
        const stop = watch(key);
        await new Promise((resolve) => setTimeout(resolve, 100));
        if (how === 'list') await patch({ access: { allow: ['user:b'] } });
        if (how === 'expiry') await patch({ expiresAt: '2001-01-01T00:00:00Z' });
        const goneAt = how === 'clock' ? endsAt : Date.now();
        await new Promise((resolve) => setTimeout(resolve, goneAt + 1_100 - Date.now()));
        const { lastSeenAt, searches: sent } = await stop();
        searches += sent;
        lags[how]!.push(Math.max(0, lastSeenAt - goneAt));
        await patch({ access: { allow: ['user:a'] }, expiresAt: null }, true);
      }
    }
    for (const [how, values] of Object.entries(lags)) {
      process.stderr.write(
        `T5 ${engine}: taken away by ${how}: last leaked hit at most ${Math.max(...values)} ms after, ` +
          `${values.length} times, ${searches} searches in all\n`,
      );
    }
    expect(Math.max(...Object.values(lags).flat())).toBeLessThanOrEqual(refreshMs);
    // What a search sent later than the moment itself shows would be a document that had ended.
    expect(Math.max(...lags.clock!)).toBe(0);
  }, 300_000);
});
