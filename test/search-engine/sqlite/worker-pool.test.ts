import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EngineUnavailable } from '../../../domain/errors.ts';
import type { WriteOperations } from '../../../search-engine/sqlite/operations.ts';
import { WorkerPool } from '../../../search-engine/sqlite/worker-pool.ts';
import { silentTelemetry } from '../../../telemetry/telemetry.ts';
import { embedding, openEngine, temporaryFolder } from './sqlite-subject.ts';

describe('WorkerPool', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let pool: WorkerPool<WriteOperations>;
  beforeEach(() => {
    folder = temporaryFolder();
    const settings = { role: 'writer', folder: folder.path, embedding, rememberVectorsMs: 0 } as const;
    pool = new WorkerPool<WriteOperations>(settings, 1, silentTelemetry.log);
  });
  afterEach(async () => {
    await pool.close();
    folder.remove();
  });
  const put = (key: string, signal?: AbortSignal) =>
    pool.call('putState', ['system', 'tests', key, '1', null], { signal });

  it('does not run what is aborted while it waits', async () => {
    await pool.call('open', []);
    const controller = new AbortController();
    const first = put('first');
    const second = put('second', controller.signal);
    const third = put('third');
    controller.abort(new Error('enough'));
    await expect(second).rejects.toThrow('enough');
    await Promise.all([first, third]);
    const engine = await openEngine(folder.path);
    const entries = await engine.state.list('system', 'tests', { limit: 10 });
    expect(entries.map(({ key }) => key)).toEqual(['first', 'third']);
    await engine.close();
  });

  it('lets affinities take turns, each in its own order', async () => {
    await pool.call('open', []);
    const done: string[] = [];
    const of = (affinity: string, key: string) =>
      pool
        .call('putState', ['system', 'tests', key, '1', null], { affinity })
        .then(() => void done.push(key));
    await Promise.all([
      ...['a1', 'a2', 'a3', 'a4'].map((key) => of('a', key)),
      ...['b1', 'b2'].map((key) => of('b', key)),
      of('c', 'c1'),
    ]);
    expect(done).toEqual(['a1', 'a2', 'b1', 'c1', 'a3', 'b2', 'a4']);
  });

  it('does not send what was aborted before', async () => {
    await expect(put('first', AbortSignal.abort(new Error('too late')))).rejects.toThrow('too late');
  });

  it('rejects at once what is aborted while it runs, and goes on', async () => {
    await pool.call('open', []);
    const controller = new AbortController();
    const running = put('first', controller.signal);
    controller.abort(new Error('enough'));
    await expect(running).rejects.toThrow('enough');
    await put('second');
  });

  it('fails the call of a thread that ends, and starts another for the next', async () => {
    const threads: Worker[] = [];
    const note = (message: unknown) => threads.push((message as { worker: Worker }).worker);
    subscribe('worker_threads', note);
    await pool.call('open', []);
    unsubscribe('worker_threads', note);
    const waiting = put('first');
    await Promise.all([threads[0]?.terminate(), expect(waiting).rejects.toThrow(EngineUnavailable)]);
    await put('second');
  });

  it('carries an error of the engine over with its class', async () => {
    await pool.call('open', []);
    await put('key');
    await expect(put('key')).rejects.toMatchObject({ name: 'RevisionConflict', code: 'revision_conflict' });
  });
});
