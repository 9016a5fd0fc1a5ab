import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { mapQueries } from '../../../benchmarks/relevance/map-queries.ts';

describe('mapQueries', () => {
  it('returns results in the order of the queries, whichever is done first', async () => {
    const done: number[] = [];
    const work = async (query: number) => {
      await wait(query === 1 ? 10 : 1);
      return query * 2;
    };
    expect(await mapQueries([1, 2, 3], work, (count) => done.push(count))).toEqual([2, 4, 6]);
    expect(done).toEqual([1, 2, 3]);
  });

  it('starts no more after a failure, and fails only when nothing runs any more', async () => {
    const started: number[] = [];
    let running = 0;
    const work = async (query: number) => {
      started.push(query);
      running += 1;
      await wait(query === 0 ? 1 : 10);
      running -= 1;
      if (query === 0) throw new Error('refused');
    };
    await expect(mapQueries([0, 1, 2, 3], work)).rejects.toThrow('refused');
    expect(running).toBe(0);
    expect(started).toEqual([0, 1]);
  });
});
