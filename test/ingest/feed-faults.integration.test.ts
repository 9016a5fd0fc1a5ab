import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Scope } from '../../domain/scope.ts';
import {
  createOpenSearchEngine,
  type OpenSearchEngine,
} from '../../search-engine/opensearch/create-opensearch-engine.ts';
import { silentTelemetry } from '../../telemetry/telemetry.ts';
import { removeIndices } from '../end-to-end/remove-indices.ts';
import { startBulkFaultProxy } from '../servers/bulk-fault-proxy.ts';
import { describeWithOpenSearch } from '../servers/describe-with-opensearch.ts';
import { patch, remove, upsert } from './feed-suite.ts';
import { createFeedUnderTest, requestOf, scopes, standInModel, stateOf } from './feed-under-test.ts';

/** Larger numbers make the measurement of the documentation. */
const events = Number(process.env.BRAID_FAULT_EVENTS ?? 150);
/** OpenSearch's own is 60. */
const gcDeletesSeconds = Number(process.env.BRAID_GC_DELETES_SECONDS ?? 1);

describeWithOpenSearch('a feed on OpenSearch', (url) => {
  const prefix = `feed-faults-${process.pid}`;
  let adapter: OpenSearchEngine;
  let tenants = 0;
  let scope: Scope;
  const open = (through: string) =>
    createOpenSearchEngine({
      connection: { url: through, indexPrefix: prefix, shards: 1, replicas: 0 },
      embedding: { modelId: standInModel.id, dimensions: standInModel.dimensions },
      telemetry: silentTelemetry,
    });
  const freshScope = () => {
    tenants += 1;
    scope = scopes.operator(`faults-${tenants}`);
    return scope;
  };

  beforeAll(async () => {
    adapter = await open(url);
  }, 60_000);

  afterAll(async () => {
    await adapter.close();
    await removeIndices(url, prefix);
  });

  it('brings nothing back by a late older update after OpenSearch has forgotten its deletes (C3)', async () => {
    freshScope();
    const { feeds } = createFeedUnderTest(adapter, { batchEvents: 100, concurrency: 32 });
    const ids = Array.from({ length: 100 }, (_, at) => `d${at}`);
    await fetch(`${url}/${prefix}*/_settings`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ 'index.gc_deletes': `${gcDeletesSeconds}s` }),
    });
    await feeds.run(scope, requestOf(ids.map((id) => upsert(id, 1, `text of ${id}`))));
    await feeds.run(
      scope,
      requestOf(
        ids.map((id) => remove(id, 5)),
        { allowMassDelete: true },
      ),
    );
    await wait(gcDeletesSeconds * 1_000 + 2_500);
    // A write and a refresh make the engine drop the deletes that are old enough.
    await feeds.run(scope, requestOf([upsert('other', 1, 'other')]));
    await fetch(`${url}/${prefix}*/_refresh`, { method: 'POST' });
    const late = ids.flatMap((id) => [upsert(id, 4, `late text of ${id}`), patch(id, 3, 'late')]);
    expect(await feeds.run(scope, requestOf(late))).toMatchObject({ accepted: 200, stale: 200, embedded: 0 });
    expect(Object.keys(await stateOf(adapter.documents, scope))).toEqual(['other']);
  }, 180_000);

  it('waits behind a cluster block, and goes on without a dead letter when it is lifted', async () => {
    freshScope();
    const { feeds } = createFeedUnderTest(adapter, { batchEvents: 100, concurrency: 32 });
    const block = (isBlocked: boolean) =>
      fetch(`${url}/${prefix}*/_settings`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ 'index.blocks.read_only_allow_delete': isBlocked ? true : null }),
      });
    await block(true);
    let waitedFor: string | undefined;
    const report = await feeds.run(
      scope,
      requestOf(
        Array.from({ length: 30 }, (_, at) => upsert(`d${at}`, 1, `text ${at}`)),
        {
          onProgress({ waitsFor }) {
            if (waitsFor === undefined || waitedFor !== undefined) return;
            waitedFor = waitsFor;
            void block(false);
          },
        },
      ),
    );
    expect(waitedFor).toMatch(/read-only|block/i);
    expect(report).toMatchObject({ accepted: 30, indexed: 30, deadLettered: 0 });
  }, 120_000);

  it('accounts for each event over bulks that fail in every way, and leaves no stray chunk (C6)', async () => {
    freshScope();
    const isRejected = (documentId: string) => Number(documentId.slice(1)) % 20 === 7;
    const proxy = await startBulkFaultProxy(url, isRejected, randomNumbers(7));
    const spoilt = await open(proxy.url);
    try {
      const { feeds } = createFeedUnderTest(spoilt, {
        batchEvents: 100,
        concurrency: 32,
        storm: { consecutive: 1_000_000, windowPercentage: 101, total: 1_000_000 },
      });
      const made = Array.from({ length: events }, (_, at) =>
        upsert(`d${at}`, 1, `one ${at}\ntwo ${at}\nthree ${at}`),
      );
      const report = await feeds.run(scope, requestOf(made));
      const rejected = made.filter((_, at) => at % 20 === 7).length;
      expect(report.accepted).toBe(events);
      expect(report.indexed + report.stale + report.deadLettered).toBe(report.accepted);
      expect(report.deadLettered).toBe(rejected);
      // Each chunk of a refused document is sent once: what is refused for good is not tried again.
      expect([...proxy.rejections.values()].filter((tries) => tries !== 1)).toEqual([]);
      expect(proxy.rejections.size).toBe(rejected * 3);
      expect(proxy.counts.busyItems).toBeGreaterThan(0);
      const state = await stateOf(adapter.documents, scope);
      expect(Object.keys(state)).toHaveLength(events - rejected);
      for (const [id, held] of Object.entries(state)) {
        const at = id.slice(1);
        expect(held).toBe(`1 one ${at}|two ${at}|three ${at} {} 3`);
      }
      const counted = await fetch(`${url}/${prefix}*chunks*/_count?q=tenantId:${scope.tenantId}`);
      expect(((await counted.json()) as { count: number }).count).toBe((events - rejected) * 3);
      if (process.env.BRAID_FAULT_EVENTS !== undefined)
        console.log(JSON.stringify({ report, ...proxy.counts }));
    } finally {
      await spoilt.close();
      await proxy.close();
    }
  }, 900_000);
});

/** Mulberry32: the same numbers for the same seed. */
function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
