import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { type ChildPool, createChildPool } from '../../../ingest/parsers/child-pool.ts';
import { silentTelemetry } from '../../../telemetry/telemetry.ts';

const entry = new URL('./misbehaving-child.ts', import.meta.url);
const pools: ChildPool[] = [];

function pool(limits: { processes?: number; maxMemoryBytes?: number; timeoutMs?: number } = {}): ChildPool {
  const created = createChildPool(
    entry,
    { processes: 1, maxMemoryBytes: 200_000_000, timeoutMs: 8_000, ...limits },
    silentTelemetry.log,
  );
  pools.push(created);
  return created;
}

afterEach(async () => {
  await Promise.all(pools.splice(0).map((each) => each.close()));
});

async function processOf(from: ChildPool, name = 'be good'): Promise<number> {
  return Number.parseInt((await from.run({ name, content: 'x' })).text, 10);
}

function isRunning(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch {
    // No such process.
    return false;
  }
}

describe('createChildPool', () => {
  it('uses a process again, and passes bytes and text unchanged', async () => {
    const children = pool();
    const first = await processOf(children);
    expect(await processOf(children)).toBe(first);
    expect(first).not.toBe(process.pid);
    const shared = Buffer.from('--ü😀--');
    const { text } = await children.run({ name: 'bytes', content: shared.subarray(2, -2) });
    expect(text).toBe(`${first} ü😀`);
  });

  it('runs as many at once as it has processes', async () => {
    const children = pool({ processes: 2 });
    const processes = await Promise.all([1, 2, 3, 4].map(() => processOf(children, 'wait')));
    expect(new Set(processes).size).toBe(2);
  });

  it('hands over refusals and keeps the process', async () => {
    const children = pool();
    const first = await processOf(children);
    await expect(children.run({ name: 'refuse', content: '' })).rejects.toMatchObject({
      reason: 'corrupt',
      message: 'It is broken',
    });
    expect(await processOf(children)).toBe(first);
  });

  it('kills a process that hangs and goes on with another', async () => {
    const children = pool({ timeoutMs: 500 });
    const first = await processOf(children);
    await expect(children.run({ name: 'hang', content: '' })).rejects.toMatchObject({ reason: 'timed_out' });
    expect(isRunning(first)).toBe(false);
    expect(await processOf(children)).not.toBe(first);
  });

  it('kills a process that takes too much native memory', async () => {
    const children = pool();
    await expect(children.run({ name: 'eat native memory', content: '' })).rejects.toMatchObject({
      reason: 'too_large',
    });
    expect(await processOf(children)).toBeGreaterThan(0);
  });

  it('refuses as too large what fills the heap, and as corrupt what ends the process', async () => {
    const children = pool();
    await expect(children.run({ name: 'eat heap', content: '' })).rejects.toMatchObject({
      reason: 'too_large',
    });
    await expect(children.run({ name: 'die', content: '' })).rejects.toThrow(/exit status 3/);
    expect(await processOf(children)).toBeGreaterThan(0);
  });

  it('replaces a process that holds on to memory', async () => {
    const children = pool();
    const first = await processOf(children);
    expect(await processOf(children, 'hold memory')).toBe(first);
    expect(await processOf(children)).not.toBe(first);
  });

  it('stops a document whose signal aborts, in work or waiting, with its reason', async () => {
    const children = pool();
    const reason = new Error('stopped');
    const abort = new AbortController();
    const inWork = children.run({ name: 'hang', content: '' }, abort.signal);
    const waiting = children.run({ name: 'be good', content: '' }, abort.signal);
    const outcomes = Promise.allSettled([inWork, waiting]);
    await pause(300);
    abort.abort(reason);
    expect(await outcomes).toEqual([
      { status: 'rejected', reason },
      { status: 'rejected', reason },
    ]);
    expect(await processOf(children)).toBeGreaterThan(0);
  });

  it('finishes what runs when it closes, ends its processes and takes nothing new', async () => {
    const children = pool();
    const running = processOf(children, 'wait');
    await children.close();
    const processId = await running;
    expect(isRunning(processId)).toBe(false);
    await expect(children.run({ name: 'be good', content: '' })).rejects.toThrow(/closed/);
  });

  it('survives that an idle process is killed', async () => {
    const children = pool();
    const first = await processOf(children);
    process.kill(first, 'SIGKILL');
    await pause(100);
    expect(await processOf(children)).not.toBe(first);
  });

  it('fails with an error, not a refusal, where no process starts', async () => {
    const children = createChildPool(
      new URL('./no-such-child.ts', import.meta.url),
      { processes: 1, maxMemoryBytes: 100_000_000, timeoutMs: 1_000 },
      silentTelemetry.log,
    );
    await expect(children.run({ name: 'a', content: '' })).rejects.toThrow(/Cannot start a parser process/);
  });
});
