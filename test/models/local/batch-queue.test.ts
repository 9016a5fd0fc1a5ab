import { describe, expect, it } from 'vitest';
import { createBatchQueue } from '../../../models/local/batch-queue.ts';

describe('createBatchQueue', () => {
  it('gives the results in the order of the batches', async () => {
    const queue = createBatchQueue(async (batch: readonly number[]) => batch.map((item) => item * 2), 2);
    expect(await queue.add([[1, 2], [3], [4, 5]])).toEqual([2, 4, 6, 8, 10]);
    expect(await queue.add([])).toEqual([]);
  });

  it('runs no more batches at once than it may and lets jobs take turns', async () => {
    const order: string[] = [];
    let running = 0;
    const queue = createBatchQueue(async (batch: readonly string[]) => {
      running += 1;
      expect(running).toBe(1);
      await new Promise((resolve) => setTimeout(resolve, 1));
      order.push(...batch);
      running -= 1;
      return [...batch];
    }, 1);
    await Promise.all([queue.add([['a1'], ['a2'], ['a3']]), queue.add([['b1'], ['b2']])]);
    expect(order).toEqual(['a1', 'a2', 'b1', 'a3', 'b2']);
  });

  it('keeps the order of items where a later batch is done first', async () => {
    const queue = createBatchQueue(async (batch: readonly number[]) => {
      await new Promise((resolve) => setTimeout(resolve, batch[0]! === 1 ? 5 : 0));
      return [...batch];
    }, 2);
    expect(await queue.add([[1], [2], [3]])).toEqual([1, 2, 3]);
  });

  it('fails the job whose batch fails, and no other', async () => {
    const queue = createBatchQueue(async (batch: readonly string[]) => {
      if (batch.includes('bad')) throw new Error('no');
      return [...batch];
    }, 1);
    const [bad, good] = await Promise.allSettled([queue.add([['a'], ['bad'], ['c']]), queue.add([['d']])]);
    expect(bad).toMatchObject({ status: 'rejected', reason: new Error('no') });
    expect(good).toEqual({ status: 'fulfilled', value: ['d'] });
    expect(await queue.add([['e']])).toEqual(['e']);
  });

  it('stops a job between batches when its signal is raised', async () => {
    const controller = new AbortController();
    const ran: string[] = [];
    const queue = createBatchQueue(async (batch: readonly string[]) => {
      ran.push(...batch);
      controller.abort(new Error('enough'));
      return [...batch];
    }, 1);
    await expect(queue.add([['a'], ['b']], controller.signal)).rejects.toThrow('enough');
    expect(ran).toEqual(['a']);
  });
});
