import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { EngineUnavailable } from '../../domain/errors.ts';
import type { PruneRequest } from '../../domain/feed.ts';
import type { Scope } from '../../domain/scope.ts';
import { prune } from '../../ingest/feed-prune.ts';
import type { DocumentStore } from '../../search-engine/document-store.ts';
import { createSqliteEngine, type SqliteEngine } from '../../search-engine/sqlite/create-sqlite-engine.ts';
import type { StateStore } from '../../search-engine/state-store.ts';
import { silentTelemetry } from '../../telemetry/telemetry.ts';
import { patch, remove, truncate, upsert } from './feed-suite.ts';
import {
  createFeedUnderTest,
  lettersOf,
  readEnvelope,
  requestOf,
  scopes,
  standInModel,
  stateOf,
} from './feed-under-test.ts';

let folder: string;
let adapter: SqliteEngine;
let tenants = 0;
let scope: Scope;
let waitedMs = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'braid-prune-'));
  adapter = await createSqliteEngine({
    folder,
    embedding: { modelId: standInModel.id, dimensions: standInModel.dimensions },
    telemetry: silentTelemetry,
  });
});

beforeEach(() => {
  tenants += 1;
  scope = scopes.operator(`p-${tenants}`);
  waitedMs = 0;
});

afterAll(async () => {
  await adapter.close();
  await rm(folder, { recursive: true, force: true });
});

function pruneAfter(seconds: number, more: Partial<PruneRequest> = {}) {
  return prune(
    adapter,
    scope,
    { source: 's', olderThanSeconds: 60, ...more },
    {
      now: () => Date.now() + seconds * 1_000,
      async wait(milliseconds) {
        waitedMs += milliseconds;
      },
    },
  );
}

const run = (events: Parameters<typeof requestOf>[0], more: Parameters<typeof requestOf>[1] = {}) =>
  createFeedUnderTest(adapter).feeds.run(scope, requestOf(events, more));
const ordered = { name: 'f', ordered: true };
const tombstones = async () =>
  (await adapter.documents.list(scope, { limit: 100, deleted: true })).records.map(
    ({ documentId }) => documentId,
  );

describe('prune', () => {
  it('forgets nothing that no feed proves to have seen', async () => {
    await run([upsert('a', 1, 'a'), remove('a', 2)], { name: 'f' });
    expect(await pruneAfter(7_200)).toMatchObject({ tombstones: 1, pruned: 0, lowWater: null });
    expect(await tombstones()).toEqual(['a']);
  });

  it('forgets up to the low-water mark, a minute after the mark is known, and not the young', async () => {
    await run([upsert('a', 1, 'a'), remove('a', 2), upsert('b', 3, 'b')], ordered);
    expect(await pruneAfter(7_200, { dryRun: true })).toMatchObject({ pruned: 1, lowWater: '2' });
    expect(await tombstones()).toEqual(['a', 'b']);
    expect(await pruneAfter(30)).toMatchObject({ tombstones: 1, pruned: 0, lowWater: '2' });
    expect(waitedMs).toBeGreaterThan(59_000);
    expect(await pruneAfter(120)).toMatchObject({ tombstones: 1, pruned: 1 });
    expect(await tombstones()).toEqual(['b']);
    expect(await run([upsert('a', 1, 'a'), remove('a', 2)])).toMatchObject({ stale: 2, embedded: 0 });
    expect(await run([upsert('a', 4, 'again')])).toMatchObject({ indexed: 1 });
    expect(Object.keys(await stateOf(adapter.documents, scope))).toEqual(['a', 'b']);
  });

  it('lets no listing from before bring back what is forgotten', async () => {
    await run([upsert('a', 1, 'a'), remove('a', 2), upsert('b', 3, 'b')], ordered);
    expect(await pruneAfter(7_200)).toMatchObject({ pruned: 1 });
    const listing = requestOf([upsert('a', 1, 'a'), upsert('b', 3, 'b'), upsert('c', 4, 'c')]);
    const report = await createFeedUnderTest(adapter).feeds.resync(scope, { source: 's', ...listing });
    expect(report).toMatchObject({ newer: 1, equal: 1, repaired: 1 });
    expect(Object.keys(await stateOf(adapter.documents, scope))).toEqual(['b', 'c']);
  });

  it('lets no late event come back by way of a patch that is parked', async () => {
    await run([upsert('a', 1, 'a'), remove('a', 2), upsert('b', 3, 'b')], ordered);
    expect(await pruneAfter(7_200)).toMatchObject({ pruned: 1 });
    await run([patch('a', 4, 'parked'), upsert('b', 5, 'b')], { ...ordered, fromStart: true });
    await pruneAfter(7_200);
    expect(await run([upsert('a', 1, 'a')])).toMatchObject({ stale: 1 });
    expect(Object.keys(await stateOf(adapter.documents, scope))).toEqual(['b']);
  });

  it('goes no further than the feed that has come least far', async () => {
    await run([upsert('a', 1, 'a'), remove('a', 2), remove('b', 9)], ordered);
    await run([upsert('c', 5, 'c')], { ...ordered, name: 'g' });
    expect(await pruneAfter(7_200)).toMatchObject({ pruned: 1, lowWater: '4', heldBy: 'g' });
    expect(await tombstones()).toEqual(['b', 'c']);
  });

  it('is held up by a dead letter, whose event may still be replayed', async () => {
    await run([upsert('a', 1, 'boom'), upsert('b', 2, 'b'), remove('b', 3)], ordered);
    expect(await pruneAfter(7_200)).toMatchObject({ pruned: 0, lowWater: null });
    const { feeds } = createFeedUnderTest(adapter);
    const [letter] = await lettersOf(feeds, scope);
    await feeds.retry(scope, letter!, () => [{ kind: 'event', event: upsert('a', 1, 'mended') }]);
    await run([upsert('c', 4, 'c')], { ...ordered, fromStart: true });
    expect(await pruneAfter(7_200)).toMatchObject({ pruned: 1, lowWater: '3' });
    expect(Object.keys(await stateOf(adapter.documents, scope))).toEqual(['a', 'c']);
  });

  it('is held up by the dead letter of a feed in its first batch, however far another feed has come', async () => {
    await run([upsert('a', 1, 'boom')], { ...ordered, name: 'g' });
    await run([upsert('b', 2, 'b'), remove('b', 3), upsert('c', 9, 'c')], ordered);
    expect(await pruneAfter(7_200)).toMatchObject({ pruned: 0, lowWater: null, heldBy: 'g' });
    const { feeds } = createFeedUnderTest(adapter);
    const [letter] = await lettersOf(feeds, scope);
    const mended = () => [{ kind: 'event' as const, event: upsert('a', 1, 'mended') }];
    expect(await feeds.retry(scope, letter!, mended)).toMatchObject({ events: [{ outcome: 'indexed' }] });
    await run([upsert('a', 1, 'mended'), upsert('d', 8, 'd')], { ...ordered, name: 'g', fromStart: true });
    expect(await pruneAfter(7_200)).toMatchObject({ pruned: 1, lowWater: '7', heldBy: 'g' });
  });

  it('keeps what stands at one version together, as the rows of a snapshot do, however many batches they take', async () => {
    const rows = Array.from({ length: 60 }, (_, at) => upsert(`row-${at}`, 1, 'row'));
    let pruned: Promise<unknown> | undefined;
    const feed = requestOf([...rows, remove('row-0', 2), upsert('row-1', 3, 'later')], ordered);
    const report = await createFeedUnderTest(adapter, { batchEvents: 10 }).feeds.run(scope, {
      ...feed,
      onProgress: ({ record }) => {
        if (record === 20) pruned ??= pruneAfter(7_200);
      },
    });
    await pruned;
    expect(pruned).toBeDefined();
    expect(report).toMatchObject({ indexed: 62, stale: 0 });
    expect(await pruneAfter(7_200)).toMatchObject({ pruned: 1, lowWater: '2' });
  });

  it('trusts no feed that turns out not to be in order', async () => {
    await run([upsert('a', 5, 'a'), remove('a', 6)], ordered);
    expect(await run([upsert('b', 2, 'b')], { ...ordered, fromStart: true })).toMatchObject({ indexed: 1 });
    expect(await pruneAfter(7_200)).toMatchObject({ pruned: 0, lowWater: null, heldBy: 'f' });
  });

  it('takes no proof of a part of a feed', async () => {
    const events = [upsert('a', 1, 'a'), upsert('b', 5, 'b'), upsert('c', 9, 'c')];
    await expect(run(events, { ...ordered, from: '2' })).rejects.toMatchObject({ field: 'ordered' });
    expect(await stateOf(adapter.documents, scope)).toEqual({});
  });

  it('trusts no feed whose order is broken within one batch either', async () => {
    await run([upsert('a', 5, 'a'), remove('a', 6), upsert('b', 2, 'b')], ordered);
    await run([upsert('c', 9, 'c')], { ...ordered, fromStart: true });
    expect(await pruneAfter(7_200)).toMatchObject({ pruned: 0, lowWater: null, heldBy: 'f' });
  });

  it('trusts a feed of two sources although the engine was away between their marks', async () => {
    let failures = 0;
    const state: StateStore = {
      ...adapter.state,
      async put(...write) {
        if (write[1] === 'watermarks' && write[2] === 'o' && failures++ === 0)
          throw new EngineUnavailable('away');
        return adapter.state.put(...write);
      },
    };
    const events = [
      upsert('a', 1, 'a'),
      remove('a', 2),
      upsert('o', 3, 'o', { source: 'o' }),
      upsert('b', 4, 'b'),
    ];
    await createFeedUnderTest({ ...adapter, state }).feeds.run(scope, requestOf(events, ordered));
    expect(failures).toBe(2);
    expect(await pruneAfter(7_200)).toMatchObject({ pruned: 1, lowWater: '3' });
  });

  it('trusts a snapshot of several batches whose end takes away what it has not read', async () => {
    const rows = Array.from({ length: 30 }, (_, at) => upsert(`row-${at}`, 7, 'row'));
    const feed = requestOf([upsert('gone', 1, 'x'), ...rows, upsert('later', 9, 'later')], ordered);
    const reader = (raw: string) => {
      const readings = readEnvelope(raw);
      return raw.includes('row-29')
        ? [...readings, { kind: 'event' as const, event: truncate(6) }]
        : readings;
    };
    await createFeedUnderTest(adapter, { batchEvents: 10 }).feeds.run(scope, { ...feed, reader });
    expect(await pruneAfter(7_200)).toMatchObject({ pruned: 1, lowWater: '8' });
  });

  it('leaves a late event stale whose deletion is forgotten while it waits for its turn', async () => {
    await run([upsert('a', 1, 'a'), remove('a', 2), upsert('b', 3, 'b')], ordered);
    let reads = 0;
    const documents: DocumentStore = {
      ...adapter.documents,
      async record(given, documentId) {
        // The first look is the feed's, which does not know of the floor; the second is that of the ingest.
        if (documentId === 'a' && ++reads === 1) {
          await pruneAfter(7_200);
          now += 40_000;
        }
        return adapter.documents.record(given, documentId);
      },
    };
    let now = 0;
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => now);
    try {
      const { feeds } = createFeedUnderTest({ state: adapter.state, documents });
      expect(await feeds.run(scope, requestOf([upsert('a', 1, 'late')]))).toMatchObject({
        stale: 1,
        deadLettered: 0,
      });
    } finally {
      clock.mockRestore();
    }
    expect(Object.keys(await stateOf(adapter.documents, scope))).toEqual(['b']);
  });

  it('forgets what a truncation took away without a proof', async () => {
    await run([upsert('a', 1, 'a')]);
    await run([truncate(5)]);
    expect(await pruneAfter(7_200)).toMatchObject({ tombstones: 1, pruned: 1 });
    expect(await run([upsert('a', 1, 'a')])).toMatchObject({ stale: 1 });
    expect(await stateOf(adapter.documents, scope)).toEqual({});
  });
});
