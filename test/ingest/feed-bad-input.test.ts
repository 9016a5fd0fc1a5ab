import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { FeedReader } from '../../domain/change-event.ts';
import type { FeedReport } from '../../domain/feed.ts';
import type { Scope } from '../../domain/scope.ts';
import { createSqliteEngine, type SqliteEngine } from '../../search-engine/sqlite/create-sqlite-engine.ts';
import { createBraidReader } from '../../sources/feeds/braid.ts';
import { createDebeziumReader } from '../../sources/feeds/debezium.ts';
import { linesOf } from '../../sources/feeds/read-lines.ts';
import { silentTelemetry } from '../../telemetry/telemetry.ts';
import { remove, upsert } from './feed-suite.ts';
import {
  createFeedUnderTest,
  lettersOf,
  requestOf,
  scopes,
  standInModel,
  stateOf,
} from './feed-under-test.ts';

let folder: string;
let adapter: SqliteEngine;
let tenants = 0;
let scope: Scope;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'braid-bad-input-'));
  adapter = await createSqliteEngine({
    folder,
    embedding: { modelId: standInModel.id, dimensions: standInModel.dimensions },
    telemetry: silentTelemetry,
  });
});

beforeEach(() => {
  tenants += 1;
  scope = scopes.operator(`b-${tenants}`);
});

afterEach(() => {
  vi.useRealTimers();
});

afterAll(async () => {
  await adapter.close();
  await rm(folder, { recursive: true, force: true });
});

/** Runs bytes as a file would bring them. */
function runBytes(bytes: string | Buffer, reader: FeedReader = createBraidReader(), more: object = {}) {
  return createFeedUnderTest(adapter).feeds.run(scope, {
    format: 'test',
    reader,
    open: () => linesOf(Readable.from([Buffer.from(bytes)])),
    ...more,
  });
}

const line = (documentId: string, version: string, content = 'words') =>
  JSON.stringify({ operation: 'upsert', source: 's', documentId, version, content });

const row = (lsn: number, after: object, more: object = {}) =>
  JSON.stringify({
    op: 'u',
    before: null,
    after,
    source: {
      connector: 'postgresql',
      name: 'shop',
      schema: 'public',
      table: 'articles',
      lsn,
      sequence: `["${lsn - 1}","${lsn}"]`,
    },
    ...more,
  });

const mapping = { id: 'id', text: 'body', metadata: ['views'], source: 'articles' };
const letters = async () => lettersOf(createFeedUnderTest(adapter).feeds, scope);
const ids = async () => Object.keys(await stateOf(adapter.documents, scope));

function expectConserved({ accepted, indexed, stale, deadLettered }: FeedReport): void {
  expect(accepted).toBe(indexed + stale + deadLettered);
}

describe('bad input of a feed', () => {
  it('a file that is cut off: everything before the cut is taken, the rest is a dead letter, never half a text', async () => {
    const report = await runBytes(`${line('a', '1')}\n${line('b', '2')}\n${line('c', '3').slice(0, -12)}`);
    expect(report).toMatchObject({ indexed: 2, deadLettered: 1, deadLettersByReason: { malformed: 1 } });
    expectConserved(report);
    expect(await ids()).toEqual(['a', 'b']);
  });

  it('a version that goes back is stale, whatever the texts', async () => {
    await runBytes(line('a', '9', 'nine'));
    expect(await runBytes(line('a', '8', 'eight'))).toMatchObject({ accepted: 1, stale: 1 });
    expect(await stateOf(adapter.documents, scope)).toEqual({ a: '9 nine {} 1' });
  });

  it.each(['x', '-1', '1.5', '1e3', '', ' 1', '9'.repeat(81)])(
    'version %j is a dead letter',
    async (version) => {
      expect(await runBytes(line('a', version))).toMatchObject({ deadLettersByReason: { invalid_event: 1 } });
      expect(await ids()).toEqual([]);
    },
  );

  it("an event for another tenant than the feed's, and for one that cannot be", async () => {
    const of = (tenantId: string) => JSON.stringify({ ...JSON.parse(line('a', '1')), tenantId });
    expect(await runBytes(`${of('elsewhere')}\n${of('No Tenant')}`)).toMatchObject({
      deadLettersByReason: { wrong_tenant: 1, invalid_event: 1 },
    });
    expect(await stateOf(adapter.documents, scopes.operator('elsewhere'))).toEqual({});
  });

  it('a schema that changes in the middle: new columns are passed over, a mapped one that goes stops the feed', async () => {
    const reader = createDebeziumReader(mapping);
    const lines = [
      row(10, { id: 1, body: 'one', views: 1 }),
      row(20, { id: 2, body: 'two', views: 2, added: 'new' }),
      row(30, { id: 3, body: 'three', views: 'now a text', added: 'new' }),
      ...Array.from({ length: 30 }, (_, at) => row(40 + at, { id: 4 + at, views: 1, added: 'new' })),
    ];
    const stopped = await runBytes(lines.join('\n'), reader, { name: 'f' }).catch((error: unknown) => error);
    expect(stopped).toMatchObject({
      reason: 'storm',
      report: { indexed: 3, deadLettered: 10, deadLettersByReason: { mapping: 10 } },
    });
    expect(await ids()).toEqual(['1', '2', '3']);
    // The mapping mended, the letters and the rest of the feed come in.
    const mended = createDebeziumReader({ ...mapping, text: 'added' });
    const { feeds } = createFeedUnderTest(adapter);
    for (const letter of await letters()) await feeds.retry(scope, letter, mended);
    expect(await runBytes(lines.join('\n'), mended, { name: 'f' })).toMatchObject({
      indexed: 20,
      resumedAfter: 13,
    });
    expect(await letters()).toEqual([]);
    expect(await ids()).toHaveLength(33);
  });

  it('a mapping that names a column that is not there says so, with the columns that there are', async () => {
    const report = await runBytes(row(10, { id: 1, text: 'one', views: 1 }), createDebeziumReader(mapping));
    expect(report).toMatchObject({ deadLettersByReason: { mapping: 1 } });
    expect((await letters())[0]!.message).toMatch(/"body".*id, text, views/);
  });

  it('a binary column never becomes text, and is content where the mapping says so', async () => {
    const value = row(10, { id: 1, body: Buffer.from('bytes').toString('base64'), views: 1 });
    const asText = createDebeziumReader({ ...mapping, types: { body: 'base64' } });
    expect(await runBytes(value, asText)).toMatchObject({ deadLettersByReason: { mapping: 1 } });
    const { text: _, ...rest } = mapping;
    const asContent = createDebeziumReader({
      ...rest,
      content: { column: 'body', mediaType: 'text/plain' },
      types: { body: 'base64' },
    });
    expect(await runBytes(value, asContent)).toMatchObject({ indexed: 1 });
    expect(Object.values(await stateOf(adapter.documents, scope))).toEqual([
      expect.stringContaining(' bytes '),
    ]);
  });

  it('an event of 50 MB is taken whole between its neighbours', async () => {
    const text = `${'x'.repeat(25 * 1024 * 1024 - 1)}\n`.repeat(2);
    const report = await runBytes(`${line('a', '1')}\n${line('large', '2', text)}\n${line('b', '3')}`);
    expect(report).toMatchObject({ accepted: 3, indexed: 3, embedded: 2 });
    const { record } = (await adapter.documents.record(scope, 'large'))!;
    expect(record.content!.bytes).toBe(text.length);
  }, 60_000);

  it('an event above the length of a line is a dead letter, and the next one is read', async () => {
    const parts = [
      `${line('a', '1')}\n"`,
      ...Array.from({ length: 17 }, () => 'x'.repeat(8 * 1024 * 1024)),
      `"\n${line('b', '2')}\n`,
    ];
    const found: [number, number][] = [];
    for await (const { record, text } of linesOf(Readable.from(parts.map((part) => Buffer.from(part))))) {
      found.push([record, text.length]);
      if (record === 2)
        expect(createBraidReader()(text)).toMatchObject([{ kind: 'refused', reason: 'malformed' }]);
    }
    expect(found.map(([record]) => record)).toEqual([1, 2, 3]);
    expect(found[1]![1]).toBeLessThanOrEqual(128 * 1024 * 1024);
  }, 60_000);

  it('a log of another server never compares, in a later run neither, until the mapping says which came first', async () => {
    const change = (server: number, position: number, body: string) =>
      JSON.stringify({
        op: 'c',
        before: null,
        after: { id: 1, body, views: 1 },
        source: {
          connector: 'mysql',
          name: 'm',
          db: 'shop',
          table: 'articles',
          server_id: server,
          file: 'mysql-bin.000001',
          pos: position,
          row: 0,
        },
      });
    await runBytes(change(1, 900, 'of the old server'), createDebeziumReader(mapping));
    const moved = [change(2, 4, 'of the new server'), change(2, 2_000, 'of the new server, later')].join(
      '\n',
    );
    const refused = await runBytes(moved, createDebeziumReader(mapping));
    expect(refused).toMatchObject({ deadLettered: 2, deadLettersByReason: { invalid_event: 2 } });
    expect(Object.values(await stateOf(adapter.documents, scope))[0]).toContain('of the old server');
    const told = createDebeziumReader({ ...mapping, lineages: ['1 mysql-bin', '2 mysql-bin'] });
    expect(await runBytes(moved, told)).toMatchObject({ indexed: 1, stale: 1, deadLettered: 0 });
    expect(Object.values(await stateOf(adapter.documents, scope))[0]).toContain('of the new server, later');
  });

  it('a feed that restarts from the beginning changes nothing and embeds nothing', async () => {
    const events = Array.from({ length: 60 }, (_, at) =>
      at % 5 === 4 ? remove(`d${at - 1}`, at + 1) : upsert(`d${at}`, at + 1, `text ${at}`),
    );
    await createFeedUnderTest(adapter).feeds.run(scope, requestOf(events, { name: 'f' }));
    const before = await stateOf(adapter.documents, scope);
    const again = createFeedUnderTest(adapter);
    const report = await again.feeds.run(scope, requestOf(events, { name: 'f', fromStart: true }));
    expect(report).toMatchObject({ accepted: 60, indexed: 0, stale: 60, embedded: 0 });
    expect(await stateOf(adapter.documents, scope)).toEqual(before);
  });

  it('two feeds of one source agree at the highest version; of two sources, the second is refused', async () => {
    const events = Array.from({ length: 40 }, (_, at) => upsert(`d${at % 4}`, at + 1, `text ${at}`));
    const odd = events.filter((_, at) => at % 2 === 1);
    const even = events.filter((_, at) => at % 2 === 0);
    await Promise.all(
      [odd, even].map((part, at) =>
        createFeedUnderTest(adapter, { batchEvents: 3 }).feeds.run(
          scope,
          requestOf(part, { name: `f${at}` }),
        ),
      ),
    );
    const state = await stateOf(adapter.documents, scope);
    expect(Object.values(state)).toEqual([36, 37, 38, 39].map((at) => `${at + 1} text ${at} {} 1`));
    const foreign = await createFeedUnderTest(adapter).feeds.run(
      scope,
      requestOf([upsert('d0', 99, 'taken over', { source: 'other' })]),
    );
    expect(foreign).toMatchObject({ deadLettersByReason: { source_conflict: 1 } });
    expect(await stateOf(adapter.documents, scope)).toEqual(state);
  });

  it('a clock that is set back an hour decides nothing', async () => {
    await runBytes([line('a', '1', 'one'), line('b', '1')].join('\n'));
    vi.useFakeTimers({ now: Date.now() - 3_600_000, toFake: ['Date'] });
    expect(await runBytes(`${line('a', '2', 'two')}\n${line('b', '1')}`)).toMatchObject({
      indexed: 1,
      stale: 1,
    });
    expect((await stateOf(adapter.documents, scope)).a).toBe('2 two {} 1');
  });
});
