import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ChangeEvent, changeEventToJson } from '../../domain/change-event.ts';
import { EngineMismatch, EngineUnavailable, FeedStopped } from '../../domain/errors.ts';
import type { FeedReport } from '../../domain/feed.ts';
import type { Scope } from '../../domain/scope.ts';
import { createApplyBatch, type QueuedReading } from '../../ingest/feed-apply.ts';
import { createWatermarks } from '../../ingest/feed-watermarks.ts';
import type { DocumentStore } from '../../search-engine/document-store.ts';
import { createSqliteEngine, type SqliteEngine } from '../../search-engine/sqlite/create-sqlite-engine.ts';
import { silentTelemetry, type Telemetry } from '../../telemetry/telemetry.ts';
import { patch, remove, truncate, upsert } from './feed-suite.ts';
import {
  createFeedUnderTest,
  type FeedUnderTest,
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
let subject: FeedUnderTest;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'braid-feed-'));
  adapter = await createSqliteEngine({
    folder,
    embedding: { modelId: standInModel.id, dimensions: standInModel.dimensions },
    telemetry: silentTelemetry,
  });
});

beforeEach(() => {
  tenants += 1;
  scope = scopes.operator(`t-${tenants}`);
  subject = createFeedUnderTest(adapter);
});

afterAll(async () => {
  await adapter.close();
  await rm(folder, { recursive: true, force: true });
});

function run(events: readonly (ChangeEvent | string)[], more: Parameters<typeof requestOf>[1] = {}) {
  return subject.feeds.run(scope, requestOf(events, more));
}

function expectConserved(report: FeedReport): void {
  expect(report.accepted).toBe(report.indexed + report.stale + report.deadLettered);
}

async function letters() {
  return lettersOf(subject.feeds, scope);
}

describe('run', () => {
  it('ends in the highest version of each document and accounts for every event', async () => {
    const report = await run([
      upsert('a', 3, 'three'),
      upsert('a', 1, 'one'),
      upsert('b', 1, 'b'),
      remove('b', 2),
      upsert('a', 3, 'three'),
      patch('a', 4, 'x'),
    ]);
    expect(report).toMatchObject({ accepted: 6, indexed: 3, stale: 3, deadLettered: 0, position: '6' });
    expectConserved(report);
    expect(await stateOf(adapter.documents, scope)).toEqual({ a: '4 three {"value":"x"} 1' });
  });

  it('tells how far it lags, in events and in seconds, until it has caught up', async () => {
    const told: Record<string, number[]> = {};
    const telemetry: Telemetry = {
      ...silentTelemetry,
      gauge(gauge, value, { feed } = {}) {
        told[`${feed} ${gauge}`] = [...(told[`${feed} ${gauge}`] ?? []), value];
      },
    };
    const occurredAt = new Date(Date.now() - 3_600_000).toISOString();
    const events = [upsert('a', 1, 'one', { occurredAt }), upsert('b', 1, 'two', { occurredAt })];
    await createFeedUnderTest(adapter, {}, telemetry).feeds.run(scope, requestOf(events, { name: 'f' }));
    expect(told['f feed_lag_events']).toEqual([2, 1, 0]);
    expect(told['f feed_lag_seconds']).toEqual([expect.any(Number), expect.any(Number), 0]);
    for (const seconds of told['f feed_lag_seconds']!.slice(0, 2)) {
      expect(seconds).toBeGreaterThanOrEqual(3_600);
      expect(seconds).toBeLessThan(3_660);
    }
  });

  it('embeds only what can win of the events that queue up', async () => {
    const report = await run(Array.from({ length: 40 }, (_, at) => upsert('a', at + 1, `text ${at}`)));
    expect(subject.embedded).toEqual(['text 39']);
    expect(report).toMatchObject({ accepted: 40, indexed: 1, stale: 39, embedded: 1 });
  });

  it('embeds nothing for metadata, nor for a text that is stored', async () => {
    await run([upsert('a', 1, 'text'), upsert('b', 1, 'other')]);
    subject.embedded.length = 0;
    const report = await run([patch('a', 2, 'x'), upsert('b', 2, 'text'), upsert('a', 3, 'text')]);
    expect(subject.embedded).toEqual([]);
    expect(report).toMatchObject({ indexed: 2, stale: 1, embedded: 0 });
  });

  it('goes on after the stored position, and starts anew where the feed is another', async () => {
    const events = [upsert('a', 1, 'a'), upsert('b', 1, 'b'), upsert('c', 1, 'c')];
    await run(events.slice(0, 2), { name: 'f' });
    expect(await run(events, { name: 'f' })).toMatchObject({ accepted: 1, indexed: 1, resumedAfter: 2 });
    expect(await run(events, { name: 'f' })).toMatchObject({ accepted: 0, position: '3' });
    expect(await run([upsert('z', 1, 'z'), ...events], { name: 'f' })).toMatchObject({
      accepted: 4,
      indexed: 1,
      stale: 3,
      resumedAfter: 0,
    });
    expect(await run(events, { name: 'f', fromStart: true })).toMatchObject({ accepted: 3, stale: 3 });
  });

  it('loses nothing of a pipe that does not begin where the earlier one did', async () => {
    const once = { name: 'f', isReadOnce: true };
    const all = ['a', 'b', 'c', 'd'].map((id) => upsert(id, 1, id));
    await run(all.slice(0, 2), once);
    for (const rest of [all.slice(2), all.slice(3)]) {
      await expect(run(rest, once)).rejects.toMatchObject({ reason: 'unknown_position' });
    }
    expect(await run(all.slice(0, 3), once)).toMatchObject({ indexed: 1, resumedAfter: 2 });
    expect(await run(all.slice(3), { ...once, fromStart: true })).toMatchObject({ indexed: 1 });
    expect(Object.keys(await stateOf(adapter.documents, scope))).toEqual(['a', 'b', 'c', 'd']);
  });

  it('reads from one position until another', async () => {
    const events = [1, 2, 3, 4, 5].map((at) => upsert(`d${at}`, 1, `text ${at}`, { position: `p${at}` }));
    expect(await run(events, { from: 'p2', until: 'p4' })).toMatchObject({ accepted: 2, position: 'p4' });
    expect(Object.keys(await stateOf(adapter.documents, scope))).toEqual(['d3', 'd4']);
    await expect(run(events, { from: 'p9' })).rejects.toMatchObject({ reason: 'unknown_position' });
  });

  it('writes nothing in a dry run and says what would happen', async () => {
    const events = [upsert('a', 2, 'a'), upsert('a', 1, 'old'), remove('b', 1), '{"broken'];
    const report = await run(events, { dryRun: true, name: 'f' });
    expect(report).toMatchObject({ accepted: 4, indexed: 2, stale: 1, deadLettered: 1 });
    expect(await stateOf(adapter.documents, scope)).toEqual({});
    expect(await letters()).toEqual([]);
    expect(await run(events, { name: 'f' })).toMatchObject({ accepted: 4, resumedAfter: 0 });
  });

  it('counts ignored events of any number of kinds, and tells the first hundred apart', async () => {
    const request = requestOf(Array.from({ length: 150 }, (_, at) => `${'k'.repeat(200 - at)}`));
    const reader = (raw: string) => [{ kind: 'ignored' as const, what: `${raw.length} ${raw}` }];
    const named = {
      ...request,
      reader: (raw: string) =>
        raw.length === 200 ? [{ kind: 'ignored' as const, what: '__proto__' }] : reader(raw),
    };
    const { ignored, ignoredByKind } = await subject.feeds.run(scope, named);
    const kinds = Object.entries(ignoredByKind);
    expect([ignored, kinds.length]).toEqual([150, 101]);
    expect(kinds.find(([kind]) => kind === '__proto__')?.[1]).toBe(1);
    expect(ignoredByKind.other).toBe(50);
    expect(Math.max(...kinds.map(([kind]) => kind.length))).toBe(100);
  });

  it('knows in a dry run what the run itself would have written, of which later events keep values', async () => {
    const kept = { ...upsert('a', 2, '', { title: 'later' }), content: { keep: true }, keptMetadata: ['k'] };
    const first = upsert('a', 1, 'text', { metadata: { k: 'v' } });
    const events = [first, kept, upsert('a', 3, 'c', { source: 'other' })] as ChangeEvent[];
    subject = createFeedUnderTest(adapter, { batchEvents: 1 });
    const dry = await run(events, { dryRun: true });
    expect(dry).toMatchObject({ indexed: 2, deadLettersByReason: { source_conflict: 1 } });
    expect(await run(events)).toMatchObject({ indexed: 2, deadLettersByReason: { source_conflict: 1 } });
  });

  it('holds events to a rate', async () => {
    const startedAt = performance.now();
    await run(
      [1, 2, 3, 4].map((at) => upsert(`d${at}`, 1, 'x')),
      { eventsPerSecond: 20 },
    );
    expect(performance.now() - startedAt).toBeGreaterThan(140);
  });

  it('stops where its signal says so, with a position from which nothing is lost', async () => {
    const events = Array.from({ length: 400 }, (_, at) => upsert(`d${at}`, 1, `text ${at}`));
    const controller = new AbortController();
    const first = await run(events, {
      name: 'f',
      signal: controller.signal,
      onProgress: ({ accepted }) => accepted >= 100 && controller.abort(),
    });
    expect(first.accepted).toBeLessThan(400);
    const second = await run(events, { name: 'f' });
    expect(first.accepted + second.accepted).toBe(400);
    expect(Object.keys(await stateOf(adapter.documents, scope))).toHaveLength(400);
  });
});

describe('versions in a feed', () => {
  it('never bring a deleted document back (C3)', async () => {
    await run([upsert('a', 1, 'one'), remove('a', 5)]);
    expect(await run([upsert('a', 4, 'late'), patch('a', 3, 'late')])).toMatchObject({ stale: 2 });
    expect(await stateOf(adapter.documents, scope)).toEqual({});
  });

  it('are compared as numbers of 80 digits (C4)', async () => {
    const huge = 10n ** 79n;
    await run([
      { source: 's', operation: 'upsert', documentId: 'a', version: huge + 1n, content: 'new' },
      { source: 's', operation: 'upsert', documentId: 'a', version: huge, content: 'old' },
      { source: 's', operation: 'upsert', documentId: 'b', version: 2n ** 53n + 1n, content: 'new' },
      { source: 's', operation: 'upsert', documentId: 'b', version: 2n ** 53n, content: 'old' },
    ]);
    const state = await stateOf(adapter.documents, scope);
    expect(state.a).toBe(`${huge + 1n} new {} 1`);
    expect(state.b).toBe(`${2n ** 53n + 1n} new {} 1`);
  });

  it.each([
    ['{"operation":"upsert","source":"s","documentId":"a","version":"1","content":"cut', 'malformed'],
    ['{"operation":"upsert","source":"s","version":"1","content":"x"}', 'invalid_event'],
    ['{"operation":"upsert","source":"s","documentId":"a","version":"x","content":"x"}', 'invalid_event'],
    [
      '{"operation":"upsert","source":"s","documentId":"a","version":9007199254740993,"content":"x"}',
      'invalid_event',
    ],
    [`{"operation":"delete","source":"s","documentId":"a","version":"${'9'.repeat(81)}"}`, 'invalid_event'],
    ['{"operation":"delete","source":"s","documentId":"a"}', 'invalid_event'],
    ['{"operation":"patch","source":"s","documentId":"a","version":"1","content":"x"}', 'invalid_event'],
    ['{"operation":"delete","source":"s","documentId":"a","version":"1","tenantId":"other"}', 'wrong_tenant'],
    [
      '{"operation":"upsert","source":"s","documentId":"a","version":"1","content":"boom"}',
      'refused_document',
    ],
    [
      '{"operation":"upsert","source":"other","documentId":"held","version":"9","content":"x"}',
      'source_conflict',
    ],
    [
      '{"operation":"upsert","source":"s","documentId":"a","version":"1","content":{"keep":true}}',
      'unavailable_value',
    ],
  ])('make a dead letter, kept whole, of %s', async (raw, reason) => {
    await run([upsert('held', 1, 'held')]);
    const report = await run([raw]);
    expect(report).toMatchObject({ accepted: 1, deadLettered: 1, deadLettersByReason: { [reason]: 1 } });
    expect(await letters()).toMatchObject([{ reason, raw, position: '1' }]);
  });

  it('fall back to the event below where the newest is dead', async () => {
    const report = await run([upsert('a', 1, 'one'), upsert('a', 2, 'two'), upsert('a', 3, 'boom')]);
    expect(report).toMatchObject({ indexed: 1, stale: 1, deadLettered: 1 });
    expect(await stateOf(adapter.documents, scope)).toEqual({ a: '2 two {} 1' });
  });
});

describe('a truncation', () => {
  it('is obeyed by what stands, by what comes late, and by its own source only', async () => {
    await run([upsert('a', 1, 'a'), upsert('b', 9, 'b'), upsert('other', 1, 'o', { source: 'o' })]);
    const report = await run([truncate(5), truncate(4), upsert('late', 5, 'late'), upsert('new', 6, 'new')]);
    expect(report).toMatchObject({ indexed: 2, stale: 2 });
    expect(Object.keys(await stateOf(adapter.documents, scope))).toEqual(['b', 'new', 'other']);
  });

  it('is finished after a crash in the middle', async () => {
    await run(Array.from({ length: 20 }, (_, at) => upsert(`d${at}`, 1, 'x')));
    await adapter.state.put(scope, 'watermarks', 's', { version: '5', swept: '-1' });
    expect(await run([upsert('d1', 2, 'late')])).toMatchObject({ stale: 1 });
    expect(await stateOf(adapter.documents, scope)).toEqual({});
  });
});

describe('a truncation by another process while a batch is in work', () => {
  it('takes away what it missed, also where the batch fails', async () => {
    const documents: DocumentStore = {
      ...adapter.documents,
      async replace(given, write) {
        if (write.record.documentId === 'fails') throw new EngineMismatch('Cannot write');
        if (write.record.documentId === 'late') {
          await createFeedUnderTest(adapter).feeds.run(scope, requestOf([truncate(5)]));
        }
        return adapter.documents.replace(given, write);
      },
    };
    subject = createFeedUnderTest({ state: adapter.state, documents });
    await expect(run([upsert('late', 3, 'late'), upsert('fails', 3, 'x')])).rejects.toThrow(EngineMismatch);
    expect(await stateOf(adapter.documents, scope)).toEqual({});
  });
});

describe('kept values', () => {
  it('leave the text as it is stored and take the rest', async () => {
    await run([upsert('a', 1, 'text', { metadata: { size: 1, body: 'long' } })]);
    subject.embedded.length = 0;
    const kept = upsert('a', 2, '', { metadata: { size: 2 }, keptMetadata: ['body'] });
    const report = await run([{ ...kept, content: { keep: true } } as ChangeEvent]);
    expect(report).toMatchObject({ indexed: 1, embedded: 0 });
    expect(await stateOf(adapter.documents, scope)).toEqual({ a: '2 text {"size":2,"body":"long"} 1' });
  });

  it('do not stand in the way of the text that comes late', async () => {
    await run([upsert('a', 1, 'one')]);
    await run([{ ...upsert('a', 3, '', { metadata: { size: 3 } }), content: { keep: true } } as ChangeEvent]);
    await run([upsert('a', 2, 'two', { metadata: { size: 2 } })]);
    expect(await stateOf(adapter.documents, scope)).toEqual({ a: '3 two {"size":3} 1' });
  });
});

describe('a title that changes while the text is not sent', () => {
  const kept = (version: number, title: string) =>
    ({ ...upsert('a', version, '', { title }), content: { keep: true } }) as ChangeEvent;
  const titleOf = async () => (await adapter.documents.record(scope, 'a'))?.record.content?.title;

  it('is shown and embedded with the stored text', async () => {
    await run([upsert('a', 1, 'first\nsecond', { title: 'old' })]);
    subject.embedded.length = 0;
    expect(await run([kept(2, 'new')])).toMatchObject({ indexed: 1, embedded: 2, deadLettered: 0 });
    expect(subject.embedded).toEqual(['new\nfirst', 'new\nsecond']);
    expect(await titleOf()).toBe('new');
    expect(await run([kept(2, 'new')])).toMatchObject({ stale: 1, embedded: 0 });
    expect(await stateOf(adapter.documents, scope)).toEqual({ a: '2 first|second {} 2' });
  });

  it('stays above a text that comes late, and below a newer one', async () => {
    await run([upsert('a', 1, 'one', { title: 'one' })]);
    await run([kept(3, 'three')]);
    await run([upsert('a', 2, 'two', { title: 'two' })]);
    expect(await titleOf()).toBe('three');
    expect(await stateOf(adapter.documents, scope)).toEqual({ a: '3 two {} 1' });
    await run([upsert('a', 4, 'two', { title: 'four' })]);
    expect(await titleOf()).toBe('four');
  });

  it('keeps title, address and access list where those are not sent', async () => {
    await run([upsert('a', 1, 'one', { title: 't', uri: 'https://x', access: { allow: ['user:a'] } })]);
    await run([
      { ...upsert('a', 2, 'two'), kept: ['title', 'uri', 'access'] } as ChangeEvent,
      {
        ...upsert('a', 3, '', { metadata: { value: 'm' } }),
        content: { keep: true },
        kept: ['title'],
      } as ChangeEvent,
    ]);
    const { record } = (await adapter.documents.record(scope, 'a'))!;
    expect(record.content).toMatchObject({ title: 't', version: 2n });
    expect(record.content).not.toHaveProperty('uri');
    expect(record.access?.value).toEqual({});
    expect(record.metadata?.value).toEqual({ value: 'm' });
  });
});

describe('a storm of dead letters', () => {
  it('stops the feed after 10 in a row, and goes on from there (C8)', async () => {
    const good = Array.from({ length: 30 }, (_, at) => upsert(`g${at}`, 1, `text ${at}`));
    const bad = Array.from({ length: 50 }, (_, at) => upsert(`b${at}`, 1, `boom ${at}`));
    const error = await run([...good, ...bad], { name: 'f' }).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(FeedStopped);
    expect(error).toMatchObject({
      reason: 'storm',
      report: { accepted: 40, indexed: 30, deadLettered: 10, position: '40' },
    });
    expect(await letters()).toHaveLength(10);
    expect(await adapter.state.get(scope, 'feed_positions', 'f')).toMatchObject({ value: { record: 40 } });
    const mended = [
      ...good,
      ...bad.slice(0, 10),
      ...bad.slice(10).map((event) => ({ ...event, content: 'fine' }) as ChangeEvent),
    ];
    expect(await run(mended, { name: 'f' })).toMatchObject({ accepted: 40, indexed: 40, resumedAfter: 40 });
  });

  it('is 15 of the last 100 events, or 1,000 in all', async () => {
    const events = Array.from({ length: 200 }, (_, at) =>
      upsert(`d${at}`, 1, at % 6 === 0 ? 'boom' : `t${at}`),
    );
    await expect(run(events)).rejects.toMatchObject({ reason: 'storm', report: { deadLettered: 15 } });
    subject = createFeedUnderTest(adapter, { storm: { consecutive: 10, windowPercentage: 101, total: 20 } });
    await expect(run(events)).rejects.toMatchObject({ report: { deadLettered: 20 } });
  });
});

describe('a batch that an engine which goes away cuts off', () => {
  const cutOff = async (isAwayAfter: boolean) => {
    let isAway = false;
    let isBack = false;
    const documents: DocumentStore = {
      ...adapter.documents,
      async replace(given, write) {
        if (write.record.documentId === 'late' && !isBack) {
          await createFeedUnderTest(adapter).feeds.run(scope, requestOf([truncate(5)]));
          await adapter.documents.replace(given, write);
          isAway = isAwayAfter;
          return;
        }
        if (write.record.documentId === 'fails' && !isBack) throw new EngineUnavailable('Cannot write');
        await adapter.documents.replace(given, write);
      },
    };
    const state: typeof adapter.state = {
      ...adapter.state,
      async get(...given) {
        if (isAway && !isBack) throw new EngineUnavailable('Cannot read');
        return adapter.state.get(...given);
      },
    };
    const { ingest } = createFeedUnderTest({ documents, state });
    const apply = createApplyBatch(
      {
        ...{ ingest, documents, telemetry: silentTelemetry, loadObject: async () => undefined },
        watermarks: createWatermarks({ ingest, documents, state }),
      },
      { scope, concurrency: 1, allowMassDelete: false, patience: (work) => work() },
    );
    const items = (): QueuedReading[] =>
      [upsert('late', 3, 'late'), upsert('fails', 9, 'fails')].map((event) => ({
        reading: { kind: 'event', event },
        embedded: 0,
      }));
    const cut = items();
    await expect(apply(cut, noop, () => false)).rejects.toThrow(EngineUnavailable);
    isBack = true;
    return {
      cut: cut.map(({ isSettled }) => isSettled === true),
      again: () => apply(items(), noop, () => false),
    };
  };
  const noop = () => {};

  it('acknowledges what it wrote only where the truncation that it missed is held against it', async () => {
    expect((await cutOff(false)).cut).toEqual([true, false]);
    expect(await stateOf(adapter.documents, scope)).toEqual({});
  });

  it('acknowledges nothing whose truncations it cannot ask for, so that it comes again', async () => {
    const { cut, again } = await cutOff(true);
    expect(cut).toEqual([false, false]);
    expect(Object.keys(await stateOf(adapter.documents, scope))).toEqual(['late']);
    await again();
    expect(Object.keys(await stateOf(adapter.documents, scope))).toEqual(['fails']);
  });
});

describe('dead letters', () => {
  it('are applied when what was wrong is mended, and leave nothing behind (C7)', async () => {
    await run([upsert('a', 1, 'boom'), upsert('b', 1, 'fine'), '{"bad"']);
    const held = await letters();
    expect(held).toHaveLength(2);
    for (const letter of held) {
      const result = await subject.feeds.retry(scope, letter, () => [
        { kind: 'event', event: upsert(letter.documentId ?? 'c', 1, 'mended') },
      ]);
      expect(result.events).toMatchObject([{ outcome: 'indexed' }]);
    }
    expect(await letters()).toEqual([]);
    expect(Object.keys(await stateOf(adapter.documents, scope))).toEqual(['a', 'b', 'c']);
  });

  it('stay, with the new reason, where they fail again', async () => {
    await run(['{"bad"']);
    const [letter] = await letters();
    await subject.feeds.retry(scope, letter!, () => [{ kind: 'event', event: upsert('a', 1, 'boom') }]);
    expect(await letters()).toMatchObject([{ reason: 'refused_document', letterId: letter!.letterId }]);
  });

  it('of a feed of every tenant are tried again in the tenant that they name, and no others', async () => {
    const other = scopes.operator(`${scope.tenantId}-other`);
    const event = upsert('a', 1, 'boom', { tenantId: other.tenantId });
    const mended = () => [{ kind: 'event' as const, event: { ...event, content: 'mended' } as ChangeEvent }];
    const retry = async () => (await subject.feeds.retry(scope, (await letters())[0]!, mended)).events[0];
    await run([event]);
    expect(await retry()).toMatchObject({ outcome: 'dead_lettered', reason: 'wrong_tenant' });
    await run([event], { anyTenant: true });
    expect(await letters()).toMatchObject([{ reason: 'refused_document' }]);
    expect(await retry()).toMatchObject({ outcome: 'indexed' });
    expect(await letters()).toEqual([]);
    expect(Object.keys(await stateOf(adapter.documents, other))).toEqual(['a']);
    expect(await stateOf(adapter.documents, scope)).toEqual({});
  });

  it('are the same letter when the feed repeats itself, and hold large events whole', async () => {
    const large = `{"operation":"upsert","source":"s","documentId":"a","version":"1","content":"boom ${'é'.repeat(300_000)}"}`;
    await run([large]);
    await run([large]);
    expect(await letters()).toMatchObject([{ raw: large }]);
  });
});

describe('a dead letter of an event that is large and cannot be compressed', () => {
  it('is kept in pieces that any engine takes, listed without them, and dropped with them', async () => {
    const state: typeof adapter.state = {
      ...adapter.state,
      async put(owner, collection, key, value, expected) {
        if (JSON.stringify(value).length > 5_000_000) throw new EngineMismatch('Cannot write: too large');
        return adapter.state.put(owner, collection, key, value, expected);
      },
    };
    subject = createFeedUnderTest({ documents: adapter.documents, state });
    const large = `boom ${randomBytes(7_000_000).toString('base64')}`;
    const raw = JSON.stringify(changeEventToJson(upsert('a', 1, large)));
    for (const _ of ['kept', 'kept again']) expect(await run([raw])).toMatchObject({ deadLettered: 1 });
    const [listed, ...more] = (await subject.feeds.deadLetters.list(scope, { limit: 10 })).letters;
    expect(JSON.stringify(listed).length).toBeLessThan(1_000);
    expect(more).toEqual([]);
    const letter = await subject.feeds.deadLetters.get(scope, listed!.letterId);
    expect(letter!.raw === raw).toBe(true);
    const mended = () => [{ kind: 'event' as const, event: upsert('a', 1, 'mended') }];
    expect((await subject.feeds.retry(scope, letter!, mended)).events).toMatchObject([
      { outcome: 'indexed' },
    ]);
    expect(await adapter.state.removeTenant!(scope)).toEqual({});
  }, 20_000);
});

describe('a mass deletion', () => {
  const many = Array.from({ length: 400 }, (_, at) => upsert(`d${at}`, 1, `text ${at}`));

  it('stops the feed before it begins, unless it is allowed', async () => {
    subject = createFeedUnderTest(adapter, { batchEvents: 500 });
    await run(many);
    const gone = many.slice(0, 100).map((_, at) => remove(`d${at}`, 2));
    await expect(run([truncate(1)])).rejects.toMatchObject({ reason: 'mass_deletion' });
    await expect(run(gone)).rejects.toMatchObject({ reason: 'mass_deletion', report: { accepted: 0 } });
    expect(Object.keys(await stateOf(adapter.documents, scope))).toHaveLength(400);
    expect(await run(gone.slice(0, 99))).toMatchObject({ indexed: 99 });
    expect(await run([truncate(1)], { allowMassDelete: true })).toMatchObject({ indexed: 1 });
    expect(await stateOf(adapter.documents, scope)).toEqual({});
  }, 30_000);
});

describe('a whole snapshot that is taken again', () => {
  const rows = (version: number, count: number) =>
    Array.from({ length: count }, (_, at) => upsert(`d${at}`, version, `text ${at}`));

  it('is no mass deletion where its end comes in one batch with its rows, but where rows are missing', async () => {
    subject = createFeedUnderTest(adapter, { batchEvents: 500 });
    await run(rows(1, 150));
    const short = [...rows(9, 40), truncate(8)];
    await expect(run(short)).rejects.toMatchObject({ reason: 'mass_deletion', report: { accepted: 0 } });
    expect(await run([...rows(9, 149), truncate(8), truncate(2)])).toMatchObject({ deadLettered: 0 });
    expect(Object.keys(await stateOf(adapter.documents, scope))).toHaveLength(149);
  }, 20_000);
});

describe('an engine that is away', () => {
  it('makes the feed wait and never a dead letter', async () => {
    let failures = 0;
    const waits: (string | undefined)[] = [];
    subject = createFeedUnderTest({
      state: adapter.state,
      documents: {
        ...adapter.documents,
        async replace(...write) {
          failures += 1;
          if (failures <= 4) throw new EngineUnavailable('Cannot write: the disk is full');
          return adapter.documents.replace(...write);
        },
      },
    });
    const report = await run([upsert('a', 1, 'a'), upsert('b', 1, 'b')], {
      onProgress: ({ waitsFor }) => waits.push(waitsFor),
    });
    expect(report).toMatchObject({ accepted: 2, indexed: 2, deadLettered: 0 });
    expect(waits).toContain('Cannot write: the disk is full');
  });
});

describe('resync', () => {
  const listing = [upsert('same', 5, 'same'), upsert('other', 7, 'new words'), upsert('missing', 3, 'm')];
  const resync = (events: ChangeEvent[], dryRun = false) =>
    subject.feeds.resync(scope, { source: 's', dryRun, ...requestOf(events) });

  it('repairs what differs and nothing else', async () => {
    await run([
      upsert('same', 5, 'same'),
      upsert('other', 2, 'old words'),
      upsert('extra', 4, 'extra'),
      upsert('later', 8, 'came after the listing'),
      upsert('foreign', 1, 'of another source', { source: 'o' }),
    ]);
    subject.embedded.length = 0;
    const found = { listed: 3, equal: 1, newer: 0, repaired: 2, conflicting: 0, deleted: 1 };
    expect(await resync(listing, true)).toMatchObject({ ...found, embedded: 0 });
    expect(await resync(listing)).toMatchObject({ ...found, embedded: 2 });
    expect(subject.embedded.toSorted()).toEqual(['m', 'new words']);
    expect(Object.keys(await stateOf(adapter.documents, scope))).toEqual([
      'foreign',
      'later',
      'missing',
      'other',
      'same',
    ]);
    expect(await resync(listing)).toMatchObject({ equal: 3, repaired: 0, deleted: 0, embedded: 0 });
    expect(await run([upsert('extra', 6, 'late')])).toMatchObject({ stale: 1 });
  });

  it('takes in no document of another tenant, nor one whose object it would have to load', async () => {
    const foreign = upsert('theirs', 1, 'of another tenant', { tenantId: 'other' });
    await expect(resync([upsert('mine', 1, 'mine'), foreign])).rejects.toThrow(
      /event 2 of the listing: Expected tenant "t-\d+", got "other"/,
    );
    expect(await adapter.documents.record(scope, 'theirs')).toBeUndefined();
    expect(await resync([upsert('mine', 1, 'mine', { tenantId: scope.tenantId })])).toMatchObject({
      equal: 1,
    });
    const named = { ...upsert('mine', 2, ''), content: { object: { bucket: 'b', key: 'k' } } } as ChangeEvent;
    const reader = () => [{ kind: 'event' as const, event: named }];
    await expect(subject.feeds.resync(scope, { source: 's', ...requestOf(['{}']), reader })).rejects.toThrow(
      /event 1 of the listing: Expected a whole document/,
    );
  });

  it('brings nothing back that a truncation has taken, remembered or not', async () => {
    await run([truncate(5)]);
    expect(await resync([upsert('a', 4, 'a'), upsert('b', 6, 'b')])).toMatchObject({ newer: 1, repaired: 1 });
    expect(Object.keys(await stateOf(adapter.documents, scope))).toEqual(['b']);
  });

  it('compares no listing of another log than that of the source', async () => {
    const of = (log: string, version: number) => {
      const event = { ...upsert('a', version, `a of ${log}`), log: { epoch: 0, name: log } };
      return { ...requestOf(['{}']), reader: () => [{ kind: 'event' as const, event }] };
    };
    await subject.feeds.run(scope, of('first', 5));
    const other = subject.feeds.resync(scope, { source: 's', ...of('second', 9) });
    await expect(other).rejects.toThrow(/event 1 of the listing: Cannot compare positions/);
    const same = await subject.feeds.resync(scope, { source: 's', ...of('first', 9) });
    expect(same).toMatchObject({ listed: 1, repaired: 0 });
  });

  it('deletes nothing for a listing with a gap, nor for an empty one', async () => {
    await run([upsert('a', 1, 'a')]);
    await expect(resync([remove('b', 1)])).rejects.toMatchObject({ field: 'listing' });
    await expect(resync([])).rejects.toMatchObject({ field: 'listing' });
    expect(Object.keys(await stateOf(adapter.documents, scope))).toEqual(['a']);
  });
});

describe('take', () => {
  it('stops a feed in a storm although it comes one event a request', async () => {
    const send = async (event: ChangeEvent) => {
      const { open, ...request } = requestOf([event]);
      const results = subject.feeds.take(scope, { ...request, name: 'http', events: open() });
      for await (const { events } of results) return events[0]!.outcome;
      return undefined;
    };
    for (let at = 1; at < 10; at += 1) expect(await send(upsert(`d${at}`, 1, 'boom'))).toBe('dead_lettered');
    await send(upsert('d10', 1, 'boom')).catch(() => {});
    await expect(send(upsert('d11', 1, 'fine'))).rejects.toMatchObject({ reason: 'storm' });
    expect(await letters()).toHaveLength(10);
  });

  it('applies what came before its sender failed, and then tells of the failure', async () => {
    const { open, ...request } = requestOf([upsert('a', 1, 'a'), upsert('b', 1, 'b')]);
    const results = subject.feeds.take(scope, {
      ...request,
      name: 'http',
      events: (async function* () {
        yield* open();
        throw new Error('line 3 is too long');
      })(),
    });
    const seen: number[] = [];
    const reading = (async () => {
      for await (const { record } of results) seen.push(record);
    })();
    await expect(reading).rejects.toThrow('line 3 is too long');
    expect(seen).toEqual([1, 2]);
    expect(Object.keys(await stateOf(adapter.documents, scope))).toEqual(['a', 'b']);
  });

  it('gives one result a raw event, in order, while more are still to come', async () => {
    const controller = new AbortController();
    const { promise, resolve } = Promise.withResolvers<void>();
    const { open, ...request } = requestOf([upsert('a', 1, 'a'), '{"bad"', upsert('a', 1, 'a')]);
    const results = subject.feeds.take(scope, {
      ...request,
      name: 'http',
      signal: controller.signal,
      events: (async function* () {
        yield* open();
        await promise;
      })(),
    });
    const seen: string[] = [];
    for await (const { events } of results) {
      seen.push(events[0]!.outcome);
      if (seen.length === 3) resolve();
    }
    expect(seen).toEqual(['indexed', 'dead_lettered', 'stale']);
  });
});
