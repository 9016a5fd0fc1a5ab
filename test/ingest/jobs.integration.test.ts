import { setTimeout as wait } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import type { Document } from '../../domain/document.ts';
import {
  DocumentRefused,
  EngineUnavailable,
  ModelUnavailable,
  NotFound,
  Overloaded,
} from '../../domain/errors.ts';
import type { Scope } from '../../domain/scope.ts';
import { createScopeMaker } from '../../identity/scope.ts';
import { createIngest, type Ingest, type RequestedChange } from '../../ingest/ingest.ts';
import { createJobs, type Jobs } from '../../ingest/jobs.ts';
import type { StateStore } from '../../search-engine/state-store.ts';
import { silentTelemetry, type Telemetry } from '../../telemetry/telemetry.ts';
import { createMemorySubject } from '../search-engine/memory-subject.ts';

const scopes = createScopeMaker({ accessRequired: () => false });
const scope = scopes.operator('t');
const timing = { claimMs: 150, retryDelayMs: 20 };

function upsert(content: string | Uint8Array, more: Partial<Document> = {}): RequestedChange {
  return { operation: 'upsert', document: { documentId: 'd', source: 's', content, ...more } };
}

/** A store of its own, with an ingest for which the content "slow" takes long and "boom" cannot be read. */
function open() {
  const { documents, state } = createMemorySubject(1);
  const ingest = createIngest({
    parser: {
      recipe: 'p',
      async parse({ content }, signal) {
        const text = Buffer.from(content).toString();
        if (text === 'boom') throw new DocumentRefused('corrupt', 'Cannot parse');
        if (text.startsWith('slow')) await wait(60, undefined, { signal });
        return { text, mediaType: 'text/plain', blocks: [] };
      },
      async close() {},
    },
    chooseChunker: () => ({
      recipe: 'c',
      embedHeadings: true,
      async chunk({ text }, { documentId }) {
        const chunkId = `${documentId}#0`;
        const chunk = { chunkId, documentId, ordinal: 0, text, headingPath: [], start: 0, end: 1, tokens: 1 };
        return { chunks: [chunk], parents: [], embeddedTexts: [text], breakpointTexts: 0 };
      },
    }),
    model: {
      id: 'm',
      dimensions: 1,
      maxInputTokens: 100,
      maxTextsPerCall: 10,
      maxTextsAtOnce: 256,
      tokenizer: { count: (text) => text.length, specialTokens: 0 },
      async embedPassages(texts) {
        return { vectors: texts.map(() => Float32Array.of(1)), truncated: 0, tokens: 0 };
      },
      embedQuery: async () => Float32Array.of(1),
    },
    documents,
    telemetry: silentTelemetry,
  });
  /** A process over the store. */
  const start = (
    over: { ingest?: Ingest; state?: StateStore; telemetry?: Telemetry } = {},
    concurrency = 4,
  ) =>
    createJobs({ ingest, state, telemetry: silentTelemetry, ...over }, scopes.operator, concurrency, timing);
  const text = async (documentId = 'd') =>
    (await documents.chunks(scopes.reader('t'), documentId)).map((chunk) => chunk.text).join();
  return { documents, state, ingest, start, text };
}

/** A state store of a process that dies when it would write that a job has ended. */
function dyingBeforeMark(state: StateStore): StateStore {
  return {
    ...state,
    async put(owner, collection, key, value, expected) {
      const { job } = value as { job?: { state: string } };
      if (job !== undefined && job.state !== 'queued') return new Promise(() => {});
      return state.put(owner, collection, key, value, expected);
    },
  };
}

async function ended(jobs: Jobs, jobId: string, of: Scope = scope) {
  for (;;) {
    const job = await jobs.job(of, jobId);
    if (job.state !== 'queued') return job;
    await wait(2);
  }
}

function contentOf(change: RequestedChange): string {
  return change.operation === 'upsert' ? String(change.document.content) : change.operation;
}

describe('createJobs', () => {
  it('applies what it accepted, bytes and versions included', async () => {
    const { start, text } = open();
    const jobs = start();
    const change = upsert(new TextEncoder().encode('bytes'), { version: 2n ** 70n });
    const { jobId } = await jobs.submit(scope, change);
    expect(await ended(jobs, jobId)).toMatchObject({
      state: 'done',
      result: { outcome: 'indexed', version: 2n ** 70n },
    });
    expect(await text()).toBe('bytes');
    await jobs.close();
  });

  it('keeps the content of a job only until it has ended', async () => {
    const { start, state } = open();
    const jobs = start();
    const { jobId } = await jobs.submit(scope, upsert('slow text'));
    expect(await state.list(scope, 'job-changes', { limit: 9 })).toHaveLength(1);
    await ended(jobs, jobId);
    await jobs.close();
    expect(await state.list(scope, 'job-changes', { limit: 9 })).toEqual([]);
    expect(JSON.stringify(await state.list(scope, 'jobs', { limit: 9 }))).not.toContain('slow text');
  });

  it('reports why a change failed, and logs what nobody expected', async () => {
    const { start } = open();
    const logged: object[] = [];
    const log = { ...silentTelemetry.log, error: (data: object) => logged.push(data) };
    const jobs = start({
      telemetry: { ...silentTelemetry, log },
    });
    const refused = await jobs.submit(scope, upsert('boom'));
    expect(await ended(jobs, refused.jobId)).toMatchObject({ error: { code: 'document_refused' } });
    expect(logged).toEqual([]);
    const error = new TypeError('x is not a function');
    const broken = start({ telemetry: { ...silentTelemetry, log }, ingest: () => Promise.reject(error) });
    const { jobId } = await broken.submit(scope, upsert('text'));
    expect(await ended(broken, jobId)).toMatchObject({ state: 'failed', error: { code: 'internal' } });
    expect(logged).toEqual([{ error, jobId }]);
    await jobs.close();
    await broken.close();
  });

  it('holds the version against the one that the caller named', async () => {
    const { start, ingest, text } = open();
    await ingest(scope, upsert('one'));
    const jobs = start();
    const wrong = await jobs.submit(scope, upsert('two'), 7n);
    expect(await ended(jobs, wrong.jobId)).toMatchObject({ error: { code: 'version_mismatch' } });
    const none = await jobs.submit(scope, upsert('three'), null);
    expect(await ended(jobs, none.jobId)).toMatchObject({ error: { code: 'version_mismatch' } });
    const right = await jobs.submit(scope, upsert('four'), 1n);
    expect(await ended(jobs, right.jobId)).toMatchObject({ state: 'done', result: { version: 2n } });
    expect(await text()).toBe('four');
    await jobs.close();
  });

  it('shows no tenant the job of another', async () => {
    const jobs = open().start();
    const { jobId } = await jobs.submit(scope, upsert('mine'));
    await expect(jobs.job(scopes.operator('other'), jobId)).rejects.toThrow(NotFound);
    await jobs.close();
  });

  describe('order', () => {
    it('applies the changes of a document as they were accepted, however long one takes', async () => {
      const { start, text } = open();
      const jobs = start();
      const submitted = ['slow first', 'second', 'slow third', 'last'].map((content) =>
        jobs.submit(scope, upsert(content)),
      );
      const results = await Promise.all(
        (await Promise.all(submitted)).map(({ jobId }) => ended(jobs, jobId)),
      );
      expect(results.map(({ result }) => result!.version)).toEqual([1n, 2n, 3n, 4n]);
      expect(await text()).toBe('last');
      await jobs.close();
    });

    it('lets nothing overtake a change that waits to be tried again, and other documents pass', async () => {
      const { start, ingest, text } = open();
      let failures = 3;
      const jobs = start({
        async ingest(...call) {
          if (contentOf(call[1]) === 'first' && failures-- > 0) throw new ModelUnavailable('away');
          return ingest(...call);
        },
      });
      const first = await jobs.submit(scope, upsert('first'));
      const second = await jobs.submit(scope, upsert('second'));
      const other = await jobs.submit(scope, upsert('other', { documentId: 'e' }));
      await ended(jobs, other.jobId);
      expect((await jobs.job(scope, first.jobId)).state).toBe('queued');
      expect(await ended(jobs, second.jobId)).toMatchObject({ result: { version: 2n } });
      expect(await text()).toBe('second');
      await jobs.close();
    });

    it('stays the same after a restart', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.constantFrom('d', 'e'), { minLength: 1, maxLength: 12 }),
          fc.integer({ min: 1, max: 4 }),
          async (documentIds, concurrency) => {
            const { start, ingest } = open();
            const before = start();
            await before.close();
            await Promise.all(
              documentIds.map((documentId, at) => before.submit(scope, upsert(`${at}`, { documentId }))),
            );
            const applied: [string, string][] = [];
            const after = start(
              {
                async ingest(...call) {
                  const result = await ingest(...call);
                  applied.push([result.documentId, contentOf(call[1])]);
                  return result;
                },
              },
              concurrency,
            );
            await after.recover();
            while (applied.length < documentIds.length) await wait(1);
            await after.close();
            for (const name of ['d', 'e']) {
              const order = applied.filter(([documentId]) => documentId === name).map(([, at]) => Number(at));
              expect(order).toEqual(order.toSorted((left, right) => left - right));
            }
          },
        ),
        { numRuns: 30 },
      );
    });
  });

  describe('crashes', () => {
    it('takes up after a restart what was accepted before', async () => {
      const { start, text } = open();
      const before = start();
      await before.close();
      const { jobId } = await before.submit(scope, upsert('kept'));
      expect(await text()).toBe('');
      const after = start();
      await after.recover();
      expect(await ended(after, jobId)).toMatchObject({ state: 'done' });
      expect(await text()).toBe('kept');
      await after.close();
    });

    it('keeps a later write where the answer that a job was stored is lost', async () => {
      const { start, state, text } = open();
      let failures = 0;
      const losing: StateStore = {
        ...state,
        async put(...write) {
          const revision = await state.put(...write);
          if (write[1] === 'jobs' && failures++ === 0) throw new EngineUnavailable('the connection dropped');
          return revision;
        },
      };
      const jobs = start({ state: losing });
      await expect(jobs.submit(scope, upsert('first'))).rejects.toThrow(EngineUnavailable);
      const { jobId } = await jobs.submit(scope, upsert('second'));
      await ended(jobs, jobId);
      await jobs.recover();
      const last = await jobs.submit(scope, upsert('other', { documentId: 'e' }));
      await ended(jobs, last.jobId);
      await jobs.close();
      expect(await text()).toBe('second');
    });

    it('keeps a later write where a job was applied and not marked', async () => {
      const { start, state, ingest, text } = open();
      const dying = start({ state: dyingBeforeMark(state) });
      const { jobId } = await dying.submit(scope, upsert('A'), null);
      while ((await text()) !== 'A') await wait(1);
      await ingest(scope, upsert('B'));
      const after = start();
      await after.recover();
      expect(await ended(after, jobId)).toMatchObject({ state: 'done', result: { version: 2n } });
      expect(await text()).toBe('B');
      await after.close();
    });

    it.each([
      ['a deletion', { operation: 'delete', documentId: 'd' }, undefined],
      ['a patch', { operation: 'patch', documentId: 'd', metadata: { year: 1 } }, 1n],
      ['a document', upsert('new'), 1n],
      ['a versioned document', upsert('new', { version: 9n }), 1n],
    ] as const)('finds that %s was applied already', async (_, change, ifVersion) => {
      const { start, state, ingest, documents } = open();
      await ingest(scope, upsert('old'));
      const dying = start({ state: dyingBeforeMark(state) });
      const { jobId } = await dying.submit(scope, change, ifVersion);
      const revision = async () => (await documents.record(scope, 'd'))!.revision;
      const before = await revision();
      while ((await revision()) === before) await wait(1);
      const applied = await revision();
      const after = start();
      await after.recover();
      expect(await ended(after, jobId)).toMatchObject({ state: 'done', result: { outcome: 'unchanged' } });
      expect(await revision()).toBe(applied);
      await after.close();
    });
  });

  describe('processes over one store', () => {
    it('apply each job once', async () => {
      const { start, ingest } = open();
      const applied: string[] = [];
      // Longer than a claim lasts, so that it has to be renewed.
      const slowly: Ingest = async (...call) => {
        applied.push(contentOf(call[1]));
        await wait(timing.claimMs * 1.5);
        return ingest(...call);
      };
      // The second has room for all, so that only claims keep it out.
      const [one, two] = [start({ ingest: slowly }, 2), start({ ingest: slowly }, 4)];
      const submitted = await Promise.all(
        ['a', 'b', 'c', 'd'].map((documentId) => one.submit(scope, upsert(documentId, { documentId }))),
      );
      await two.recover();
      for (const { jobId } of submitted) expect(await ended(two, jobId)).toMatchObject({ state: 'done' });
      expect(applied.toSorted()).toEqual(['a', 'b', 'c', 'd']);
      await one.close();
      await two.close();
    });

    it('take over from one that is gone when its claim has run out', async () => {
      const { start } = open();
      const hung = start({ ingest: () => new Promise(() => {}) });
      const { jobId } = await hung.submit(scope, upsert('text'));
      // It lets go of nothing, and renews no more.
      await wait(5);
      await hung.close(0);
      const after = start();
      await after.recover();
      expect((await after.job(scope, jobId)).state).toBe('queued');
      expect(await ended(after, jobId)).toMatchObject({ state: 'done' });
      await after.close();
    });
  });

  it('leaves room for others where one tenant has filled its share, also while the model is away', async () => {
    const { start } = open();
    const jobs = start({ ingest: () => Promise.reject(new ModelUnavailable('away')) });
    const submit = (at: number) => jobs.submit(scope, upsert('x', { documentId: `d${at}` }));
    const outcomes = await Promise.allSettled(Array.from({ length: 510 }, (_, at) => submit(at)));
    const refused = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
    expect(refused).toHaveLength(10);
    for (const reason of refused) expect(reason).toBeInstanceOf(Overloaded);
    await wait(30);
    await expect(submit(510)).rejects.toThrow(Overloaded);
    await jobs.submit(scopes.operator('quiet'), upsert('mine'));
    await jobs.close();
  });

  it('forgets ended jobs after a day, and changes that a crash left without a job', async () => {
    const { start, state } = open();
    const dayAgo = new Date(Date.now() - 25 * 60 * 60 * 1000);
    const job = { jobId: 'x', operation: 'delete', documentId: 'd', createdAt: '', state: 'done' };
    await state.put(scope, 'jobs', 'old', { job: { ...job, finishedAt: dayAgo.toISOString() } });
    await state.put(scope, 'jobs', 'young', { job: { ...job, finishedAt: new Date().toISOString() } });
    const key = (at: number) => `${String(at).padStart(15, '0')}-000000-x`;
    await state.put(scope, 'job-changes', key(dayAgo.getTime()), {});
    await state.put(scope, 'job-changes', key(Date.now()), {});
    const jobs = start();
    await jobs.recover();
    await jobs.close();
    expect((await state.list(scope, 'jobs', { limit: 9 })).map((entry) => entry.key)).toEqual(['young']);
    expect(await state.list(scope, 'job-changes', { limit: 9 })).toHaveLength(1);
  });

  describe('close', () => {
    it('waits for what runs', async () => {
      const { start, text } = open();
      const jobs = start();
      const { jobId } = await jobs.submit(scope, upsert('slow text'));
      await jobs.close();
      expect((await jobs.job(scope, jobId)).state).toBe('done');
      expect(await text()).toBe('slow text');
    });

    it('breaks off after its grace what runs, which stays queued and free for the next process', async () => {
      const { start, text } = open();
      const ingest: Ingest = (_scope, _change, _ifVersion, signal) =>
        wait(60_000, undefined, { signal, ref: false }).then(() => Promise.reject(new Error('too late')));
      const jobs = start({ ingest });
      const { jobId } = await jobs.submit(scope, upsert('kept'));
      await wait(10);
      const startedAt = performance.now();
      await jobs.close(50);
      expect(performance.now() - startedAt).toBeLessThan(400);
      const after = start();
      expect((await after.job(scope, jobId)).state).toBe('queued');
      await after.recover();
      const takenAt = performance.now();
      expect(await ended(after, jobId)).toMatchObject({ state: 'done' });
      // Let go of, and not only run out.
      expect(performance.now() - takenAt).toBeLessThan(timing.claimMs - 50);
      expect(await text()).toBe('kept');
      await after.close();
    });

    it('sets no timer for what fails meanwhile', async () => {
      const { start } = open();
      const jobs = start({
        ingest: () => wait(30).then(() => Promise.reject(new ModelUnavailable('away'))),
      });
      await jobs.submit(scope, upsert('x'));
      await wait(5);
      const timers = vi.spyOn(globalThis, 'setTimeout');
      await jobs.close();
      await wait(5);
      const delays = timers.mock.calls.map(([, delayMs]) => delayMs);
      timers.mockRestore();
      expect(delays).not.toContain(timing.retryDelayMs);
    });

    it('tries nothing again afterwards', async () => {
      const { start } = open();
      let calls = 0;
      const jobs = start({
        ingest() {
          calls += 1;
          return Promise.reject(new ModelUnavailable('away'));
        },
      });
      await jobs.submit(scope, upsert('x'));
      while (calls === 0) await wait(1);
      await jobs.close();
      const before = calls;
      await wait(3 * timing.retryDelayMs);
      expect(calls).toBe(before);
    });
  });
});
