import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ChangeEvent } from '../../domain/change-event.ts';
import { isLive, recordVersion } from '../../domain/document-record.ts';
import { BraidError, EngineUnavailable, RevisionConflict } from '../../domain/errors.ts';
import { prune } from '../../ingest/feed-prune.ts';
import type { DocumentStore } from '../../search-engine/document-store.ts';
import type { StateStore } from '../../search-engine/state-store.ts';
import {
  createFeedUnderTest,
  lettersOf,
  requestOf,
  type Stores,
  scopes,
  stateOf,
} from './feed-under-test.ts';

/** The engine of a suite, opened once. */
export interface OpenedStores extends Stores {
  close(): Promise<void>;
}

export interface SuiteSizes {
  /** Random feeds against the model. */
  readonly models: number;
  /** Events under a faulty engine. */
  readonly faults: number;
  /** Dead letters that are mended. */
  readonly letters: number;
  /** Only each so many steps is crashed at. */
  readonly crashEvery: number;
}

const source = 's';

const inTwoHours = { now: () => Date.now() + 7_200_000, wait: async () => {} };

export function upsert(
  documentId: string,
  version: number,
  content: string,
  more: Partial<Extract<ChangeEvent, { operation: 'upsert' }>> = {},
): ChangeEvent {
  return { operation: 'upsert', source, documentId, version: BigInt(version), content, ...more };
}

export function remove(documentId: string, version: number): ChangeEvent {
  return { operation: 'delete', source, documentId, version: BigInt(version) };
}

export function patch(documentId: string, version: number, value: string): ChangeEvent {
  return { operation: 'patch', source, documentId, version: BigInt(version), metadata: { value } };
}

export function truncate(version: number, of = source): ChangeEvent {
  return { operation: 'truncate', source: of, version: BigInt(version) };
}

/** What holds on every engine, whatever order, repetition, fault or crash. */
export function describeFeedEndState(
  name: string,
  open: () => Promise<OpenedStores>,
  sizes: SuiteSizes,
): void {
  describe(`a feed on ${name}`, () => {
    let stores: OpenedStores;
    let tenants = 0;
    const nextScope = () => {
      tenants += 1;
      return scopes.operator(`suite-${tenants}`);
    };
    beforeAll(async () => {
      stores = await open();
    });
    afterAll(() => stores.close());

    it('ends as the model says, for any order, repetition, batch and cut (C2, C5)', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(anyEvent, { minLength: 1, maxLength: 14 }),
          fc.infiniteStream(fc.nat()),
          fc.integer({ min: 1, max: 9 }),
          async (made, order, batchEvents) => {
            const events = made.map(versioned);
            const scope = nextScope();
            const { feeds } = createFeedUnderTest(stores, { batchEvents });
            const shuffled = shuffle([...events, ...events, ...events], order);
            const cut = order.next().value % (shuffled.length + 1);
            for (const part of [shuffled.slice(0, cut), shuffled.slice(Math.max(0, cut - 2))]) {
              const report = await feeds.run(scope, requestOf(part));
              expect(report.accepted).toBe(report.indexed + report.stale + report.deadLettered);
            }
            expect(await stateOf(stores.documents, scope)).toEqual(oracle(events));
          },
        ),
        { numRuns: sizes.models },
      );
    }, 900_000);

    it('ends as the model says when it crashes at any step (C1, C10)', async () => {
      const events = [
        upsert('shrinks', 1, 'a\nb\nc\nd\ne\nf\ng\nh\ni\nj'),
        upsert('gone', 2, 'x'),
        upsert('bad', 3, 'boom'),
        patch('shrinks', 4, 'p'),
        upsert('old', 5, 'below', { source: 'other' }),
        truncate(6, 'other'),
        upsert('shrinks', 7, 'k\nl\nm'),
        remove('gone', 8),
      ];
      const expected = { shrinks: '7 k|l|m {} 3' };
      let crashes = 0;
      for (const when of ['before', 'after'] as const) {
        for (let step = 1, isOver = false; !isOver; step += sizes.crashEvery) {
          const scope = nextScope();
          const dying = dieAt(stores, step, when);
          const request = requestOf(events, { name: 'f' });
          await createFeedUnderTest(dying.stores, { batchEvents: 3 })
            .feeds.run(scope, request)
            .catch((error: unknown) => expect(String(error)).toContain('crash'));
          isOver = !dying.hasDied();
          if (isOver) break;
          crashes += 1;
          const { feeds } = createFeedUnderTest(stores, { batchEvents: 3 });
          await feeds.run(scope, request);
          expect(await stateOf(stores.documents, scope), `${when} step ${step}`).toEqual(expected);
          expect((await feeds.deadLetters.list(scope, { limit: 10 })).letters).toHaveLength(1);
        }
      }
      expect(crashes).toBeGreaterThan(5);
    }, 900_000);

    it('never brings back what was deleted and pruned, whatever comes late', async () => {
      let pruned = 0;
      const outlive = async (events: readonly ChangeEvent[], order: Iterator<number>) => {
        const scope = nextScope();
        const { feeds } = createFeedUnderTest(stores, { batchEvents: 4 });
        const cut = 1 + (Number(order.next().value) % events.length);
        const request = (part: readonly ChangeEvent[]) =>
          requestOf(part, { name: 'f', ordered: true, fromStart: true });
        await feeds.run(scope, request(events.slice(0, cut)));
        pruned += (await prune(stores, scope, { source }, inTwoHours)).pruned;
        const late = shuffle([...events.slice(0, cut), ...events.slice(0, cut)], order);
        await feeds.run(scope, requestOf(late));
        await prune(stores, scope, { source }, inTwoHours);
        // The source repeats itself, and goes on.
        const back = Math.max(0, cut - (Number(order.next().value) % 4));
        await feeds.run(scope, request(events.slice(back)));
        pruned += (await prune(stores, scope, { source }, inTwoHours)).pruned;
        await feeds.run(scope, requestOf(shuffle([...events], order)));
        expect(await stateOf(stores.documents, scope)).toEqual(oracle(events));
        const { records } = await stores.documents.list(scope, { limit: 100, deleted: true });
        // At the highest version more may come.
        const highest = events.reduce((most, { version }) => (version > most ? version : most), 0n);
        const left = records.filter((record) => !isLive(record) && recordVersion(record) < highest);
        expect(left).toEqual([]);
      };
      // Few random feeds may have nothing to prune; this one has.
      const deleted = [upsert('a', 1, 'a'), remove('a', 2), upsert('b', 3, 'b'), upsert('b', 4, 'c')];
      await outlive(deleted, [3, ...new Array<number>(100).fill(1)].values());
      expect(pruned).toBeGreaterThan(0);
      await fc.assert(
        fc.asyncProperty(
          fc.array(anyEvent, { minLength: 2, maxLength: 16 }),
          fc.infiniteStream(fc.nat()),
          (made, order) => outlive(made.map(versioned), order),
        ),
        { numRuns: sizes.models },
      );
    }, 900_000);

    it('leaves nothing in the dead letters and nothing twice once the mapping is mended (C7)', async () => {
      const scope = nextScope();
      const settings = { storm: { consecutive: 1_000, windowPercentage: 101, total: 10_000 } };
      const { feeds } = createFeedUnderTest(stores, settings);
      const ids = Array.from({ length: sizes.letters }, (_, at) => `d${at}`);
      const report = await feeds.run(scope, requestOf(ids.map((id) => upsert(id, 1, `boom ${id}`))));
      expect(report).toMatchObject({ accepted: ids.length, deadLettered: ids.length });
      const letters = await lettersOf(feeds, scope);
      for (const letter of letters) {
        const event = upsert(letter.documentId!, 1, `mended ${letter.documentId}`);
        await feeds.retry(scope, letter, () => [{ kind: 'event', event }]);
      }
      expect((await feeds.deadLetters.list(scope, { limit: 10 })).letters).toEqual([]);
      const state = await stateOf(stores.documents, scope);
      expect(Object.keys(state)).toHaveLength(ids.length);
      for (const id of ids) expect(state[id]).toBe(`1 mended ${id} {} 1`);
    }, 300_000);

    it('stops in a storm within a batch, its position at the last event that is handled (C8)', async () => {
      const scope = nextScope();
      const good = Array.from({ length: 25 }, (_, at) => upsert(`g${at}`, 1, `text ${at}`));
      const bad = Array.from({ length: 100 }, (_, at) => upsert(`b${at}`, 1, `boom ${at}`));
      const { feeds } = createFeedUnderTest(stores, { batchEvents: 20 });
      const stopped = await feeds
        .run(scope, requestOf([...good, ...bad], { name: 'f' }))
        .catch((error: unknown) => error);
      expect(stopped).toMatchObject({ reason: 'storm', report: { accepted: 35, deadLettered: 10 } });
      expect((await feeds.deadLetters.list(scope, { limit: 100 })).letters).toHaveLength(10);
      const position = await stores.state.get(scope, 'feed_positions', 'f');
      expect(position).toMatchObject({ value: { record: 35 } });
    }, 300_000);

    it('accounts for every event under an engine that fails in every way (C6)', async () => {
      const events = Array.from({ length: sizes.faults }, (_, at) => upsert(`d${at}`, 1, `text ${at}`));
      const faulty = failOften(stores.documents);
      const scope = nextScope();
      const { feeds } = createFeedUnderTest(
        { documents: faulty.documents, state: stores.state },
        { storm: { consecutive: 100, windowPercentage: 101, total: 10_000 }, concurrency: 8 },
      );
      const report = await feeds.run(scope, requestOf(events));
      const rejected = [...faulty.rejections.keys()];
      expect(report).toMatchObject({
        accepted: events.length,
        // What was carried out before its connection dropped meets itself when it is sent again.
        indexed: events.length - rejected.length - faulty.dropped(),
        stale: faulty.dropped(),
        deadLettered: rejected.length,
      });
      expect(rejected.length).toBeGreaterThan(0);
      // What is refused for good is tried once.
      expect([...faulty.rejections.values()].every((tries) => tries === 1)).toBe(true);
      expect(Object.keys(await stateOf(stores.documents, scope))).toHaveLength(report.indexed + report.stale);
    }, 300_000);
  });
}

const anyEvent = fc.oneof(
  fc.record({ kind: fc.constant('upsert' as const), id: fc.integer({ min: 0, max: 3 }) }),
  fc.record({ kind: fc.constant('patch' as const), id: fc.integer({ min: 0, max: 3 }) }),
  fc.record({ kind: fc.constant('delete' as const), id: fc.integer({ min: 0, max: 3 }) }),
  fc.record({ kind: fc.constant('truncate' as const), id: fc.constant(0) }),
);

function versioned(
  { kind, id }: { readonly kind: ChangeEvent['operation']; readonly id: number },
  at: number,
): ChangeEvent {
  if (kind === 'upsert') return upsert(`d${id}`, at + 1, `text ${at}`, { metadata: { value: `u${at}` } });
  if (kind === 'patch') return patch(`d${id}`, at + 1, `p${at}`);
  return kind === 'delete' ? remove(`d${id}`, at + 1) : truncate(at + 1);
}

/** What one who sees the events once and in order would hold. */
function oracle(events: readonly ChangeEvent[]): Record<string, string> {
  const held = new Map<string, { version: bigint; text: string; metadata: object }>();
  for (const event of events) {
    if (event.operation === 'truncate') {
      held.clear();
      continue;
    }
    const { documentId, version, operation } = event;
    if (operation === 'delete') held.delete(documentId);
    else if (operation === 'upsert')
      held.set(documentId, { version, text: String(event.content), metadata: event.metadata ?? {} });
    else {
      const document = held.get(documentId);
      if (document !== undefined)
        held.set(documentId, { ...document, version, metadata: event.metadata ?? {} });
    }
  }
  return Object.fromEntries(
    [...held].map(([id, { version, text, metadata }]) => [
      id,
      `${version} ${text} ${JSON.stringify(metadata)} 1`,
    ]),
  );
}

function shuffle<T>(items: T[], order: Iterator<number>): T[] {
  for (let at = items.length - 1; at > 0; at -= 1) {
    const other = Number(order.next().value) % (at + 1);
    [items[at], items[other]] = [items[other]!, items[at]!];
  }
  return items;
}

/** Stores whose process dies at the given call: before it is done, or after, and nothing works from then on. */
function dieAt(
  { documents, state }: Stores,
  step: number,
  when: 'before' | 'after',
): { stores: Stores; hasDied(): boolean } {
  let calls = 0;
  const wrap = <T extends object>(target: T): T =>
    new Proxy(target, {
      get(held, name: string & keyof T) {
        const method = held[name];
        if (typeof method !== 'function') return method;
        return async (...given: unknown[]) => {
          calls += 1;
          if (calls > step || (calls === step && when === 'before')) throw new Error('crash');
          const result: unknown = await method.apply(held, given);
          if (calls >= step) throw new Error('crash');
          return result;
        };
      },
    });
  return {
    stores: { documents: wrap<DocumentStore>(documents), state: wrap<StateStore>(state) },
    hasDied: () => calls >= step,
  };
}

/** Of writes: 30 % busy, 5 % refused for good, 5 % conflicts, 2 % unreachable, 1 % carried out and then cut off. */
function failOften(documents: DocumentStore) {
  const rejections = new Map<string, number>();
  let writes = 0;
  let dropped = 0;
  return {
    rejections,
    dropped: () => dropped,
    documents: {
      ...documents,
      async replace(...[scope, write]: Parameters<DocumentStore['replace']>) {
        const { documentId } = write.record;
        if (Number(documentId.slice(1)) % 20 === 7) {
          rejections.set(documentId, (rejections.get(documentId) ?? 0) + 1);
          throw new BraidError(
            'engine_rejection',
            'refuses the request (status 400, mapper_parsing_exception)',
          );
        }
        writes += 1;
        const fate = (writes * 37) % 100;
        if (fate < 32) throw new EngineUnavailable('busy (status 429)');
        if (fate < 37) throw new RevisionConflict('another writer');
        await documents.replace(scope, write);
        if (fate !== 37) return;
        dropped += 1;
        throw new EngineUnavailable('the connection dropped');
      },
    } satisfies DocumentStore,
  };
}
