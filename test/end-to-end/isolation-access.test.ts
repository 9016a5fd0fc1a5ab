import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type GuardedBraid, openGuardedBraid } from './isolation.ts';
import { removeIndices } from './remove-indices.ts';

const openSearchUrl = inject('openSearchUrl');
const engines = [
  { engine: 'sqlite' as const, isThere: true },
  { engine: 'opensearch' as const, isThere: Boolean(openSearchUrl) },
];

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

describe.each(engines)('access lists on $engine', ({ engine, isThere }) => {
  if (!isThere) {
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
      ...(openSearchUrl && { opensearch: { url: openSearchUrl, indexPrefix } }),
    });
  }, 120_000);
  afterAll(async () => {
    await guarded?.close();
    rmSync(folder, { recursive: true, force: true });
    if (engine === 'opensearch' && openSearchUrl) await removeIndices(openSearchUrl, indexPrefix);
  });

  const write = async (tenantId: string, documentId: string, access?: object) => {
    await guarded.braid.pipeline.write(guarded.braid.scopes.operator(tenantId), {
      operation: 'upsert',
      document: {
        documentId,
        source: 'test',
        mediaType: 'text/plain',
        content: 'The basin is deep.',
        metadata: { id: documentId },
        ...(access && { access }),
      },
    });
  };

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
      facets: [{ key: 'id' }],
    });
    expect([found.status, listed.status, faceted.status]).toEqual([200, 200, 200]);
    const { facets } = (await faceted.json()) as { facets: { values: { value: string }[] }[] };
    return [
      ...[results, documents].map((list) => [...new Set(list.map(({ documentId }) => documentId))].sort()),
      facets[0]!.values.map(({ value }) => value).sort(),
    ];
  };

  it(`grants nothing by likeness, in ${distinct.length * (distinct.length - 1)} pairs of principals`, async () => {
    for (const [at, principal] of distinct.entries()) await write('pairs', `d${at}`, { allow: [principal] });
    await guarded.braid.documents.refresh(guarded.braid.scopes.operator('pairs'));
    for (const [at, principal] of distinct.entries()) {
      const key = await guarded.keyOf('pairs', [principal]);
      expect(await shownTo(key), JSON.stringify(principal)).toEqual([[`d${at}`], [`d${at}`], [`d${at}`]]);
    }
  }, 180_000);

  it('shows no document without a list where lists are required, and none whose list is empty', async () => {
    await write('strict', 'no-list');
    await write('strict', 'empty', { allow: [] });
    await write('strict', 'only-deny', { deny: ['user:z'] });
    await write('strict', 'both', { allow: ['user:a'], deny: ['user:a'] });
    await write('strict', 'mine', { allow: ['user:a'] });
    await guarded.braid.documents.refresh(guarded.braid.scopes.operator('strict'));
    expect(await shownTo(await guarded.keyOf('strict', ['user:a']))).toEqual([['mine'], ['mine'], ['mine']]);
    expect(await shownTo(await guarded.keyOf('strict'))).toEqual([[], [], []]);
  }, 60_000);

  it('takes a document away within a refresh of the acknowledged change, while it is searched for', async () => {
    await write('moving', 'd', { allow: ['user:a'] });
    await guarded.braid.documents.refresh(guarded.braid.scopes.operator('moving'));
    const key = await guarded.keyOf('moving', ['user:a']);
    const lags: number[] = [];
    for (let round = 0; round < 5; round += 1) {
      let lastSeenAt = 0;
      let isOver = false;
      const searching = (async () => {
        while (!isOver) {
          const sentAt = performance.now();
          const reply = await guarded.send(key, 'POST', '/v1/search', {
            query: 'basin',
            dense: { weight: 0 },
          });
          const { results } = (await reply.json()) as { results: unknown[] };
          // A reply counts from when it was asked for.
          if (results.length > 0) lastSeenAt = sentAt;
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      })();
      const operator = guarded.braid.scopes.operator('moving');
      await guarded.braid.pipeline.write(operator, {
        operation: 'patch',
        documentId: 'd',
        access: { allow: ['user:b'] },
      });
      const acknowledgedAt = performance.now();
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      isOver = true;
      await searching;
      lags.push(Math.max(0, lastSeenAt - acknowledgedAt));
      await guarded.braid.pipeline.write(
        operator,
        { operation: 'patch', documentId: 'd', access: { allow: ['user:a'] } },
        { searchable: true },
      );
    }
    process.stderr.write(
      `${engine}: last leaked hit after the acknowledgement, ms: ${lags.map(Math.round).join(' ')}\n`,
    );
    expect(Math.max(...lags)).toBeLessThanOrEqual(1_000);
  }, 60_000);
});
