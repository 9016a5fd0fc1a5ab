import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { TenantDeleting } from '../../domain/errors.ts';
import { createApiKeys } from '../../identity/api-keys.ts';
import { createAuditLog } from '../../identity/audit-log.ts';
import { guardDocuments, guardState } from '../../identity/guarded-writes.ts';
import { createTenantDeletions } from '../../identity/tenant-deletion.ts';
import { removeLettersNaming } from '../../ingest/feed-dead-letters.ts';
import { createSqliteEngine } from '../../search-engine/sqlite/create-sqlite-engine.ts';
import { silentTelemetry } from '../../telemetry/telemetry.ts';
import { upsert } from '../ingest/feed-suite.ts';
import {
  createFeedUnderTest,
  lettersOf,
  requestOf,
  scopes,
  standInModel,
  stateOf,
} from '../ingest/feed-under-test.ts';

/** Ingest and feeds whose embedding waits, from `hold` until `release`, beside what deletes tenants. */
async function open() {
  const folder = mkdtempSync(join(tmpdir(), 'braid-life-'));
  const adapter = await createSqliteEngine({
    folder,
    embedding: { modelId: standInModel.id, dimensions: standInModel.dimensions },
    telemetry: silentTelemetry,
  });
  onTestFinished(async () => {
    await adapter.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const onFailure = (error: unknown) => {
    throw error;
  };
  const deletions = createTenantDeletions({
    ...adapter,
    letters: { removeNaming: (tenantId) => removeLettersNaming(adapter.state, scopes.operator, tenantId) },
    keys: createApiKeys(adapter.state),
    audit: createAuditLog({ folder: join(folder, 'audit'), reads: false, onFailure }),
    scopeOf: scopes.operator,
  });
  let gate = Promise.resolve();
  let waiting = 0;
  const slow: typeof adapter.documents = {
    ...adapter.documents,
    async vectors(...given) {
      waiting += 1;
      await gate;
      return adapter.documents.vectors(...given);
    },
  };
  const subject = createFeedUnderTest({
    documents: guardDocuments(slow, deletions),
    state: guardState(adapter.state, deletions),
    lifeOf: deletions.lifeOf,
  });
  return {
    ...{ adapter, deletions, subject },
    hold() {
      const { promise, resolve } = Promise.withResolvers<void>();
      gate = promise;
      waiting = 0;
      return resolve;
    },
    /** Until so many documents are held. */
    async held(count: number) {
      while (waiting < count) await new Promise((resolve) => setTimeout(resolve, 5));
    },
  };
}

const tenant = scopes.operator('left');

it('leaves no dead letter of its events where a feed of every tenant runs', async () => {
  const { deletions, subject } = await open();
  const keeper = scopes.operator('keeper');
  const events = ['left', 'right', 'keeper'].map((tenantId) =>
    upsert('a', 1, `boom ${'x'.repeat(100_000)}`, { tenantId }),
  );
  await subject.feeds.run(keeper, requestOf(events, { anyTenant: true }));
  expect(await deletions.delete('left')).toMatchObject({ removed: { foreignLetters: 1 } });
  const letters = await lettersOf(subject.feeds, keeper);
  expect(letters.map(({ tenantId }) => tenantId)).toEqual(['right', undefined]);
}, 20_000);

it('writes nothing that was begun before its tenant was deleted, keeps no letter and no position of it', async () => {
  const { adapter, deletions, subject, hold, held } = await open();
  const write = (documentId: string, content: string) =>
    subject.ingest(tenant, { operation: 'upsert', document: { documentId, source: 'api', content } });
  await write('known', 'before');
  const release = hold();
  const begun = [
    write('new', 'one'),
    write('known', 'two'),
    subject.feeds.run(tenant, requestOf([upsert('a', 1, 'three'), '{"bad"'], { name: 'f', ordered: true })),
  ].map((work) => work.then(String, (error: unknown) => error));
  await held(3);
  expect(await deletions.delete('left')).toMatchObject({ removed: { documents: 1 } });
  release();
  for (const outcome of await Promise.all(begun)) expect(outcome).toBeInstanceOf(TenantDeleting);
  expect(await stateOf(adapter.documents, tenant)).toEqual({});
  expect(await adapter.state.removeTenant!(tenant)).toEqual({});

  // What is begun now is the tenant's new life, and the feed starts anew in it.
  await write('new', 'one');
  const feed = requestOf([upsert('a', 1, 'three'), upsert('b', 2, 'four')], { name: 'f' });
  expect(await subject.feeds.run(tenant, feed)).toMatchObject({ indexed: 2, resumedAfter: 0 });
  expect(Object.keys(await stateOf(adapter.documents, tenant))).toEqual(['a', 'b', 'new']);
}, 20_000);

it('ends a feed whose tenant was deleted between two of its events', async () => {
  const { adapter, deletions, subject } = await open();
  const { open: events, ...request } = requestOf([upsert('a', 1, 'a'), upsert('b', 2, 'b')], { name: 'f' });
  const feed = subject.feeds.run(tenant, {
    ...request,
    async *open() {
      for await (const event of events()) {
        yield event;
        if (event.record > 1) continue;
        while ((await adapter.state.get(tenant, 'feed_positions', 'f')) === undefined) {
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
        await deletions.delete('left');
      }
    },
  });
  await expect(feed).rejects.toBeInstanceOf(TenantDeleting);
  expect(await adapter.state.get(tenant, 'feed_positions', 'f')).toBeUndefined();
}, 20_000);
