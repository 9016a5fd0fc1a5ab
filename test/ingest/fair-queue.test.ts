import { setTimeout as wait } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFairQueue } from '../../ingest/fair-queue.ts';

describe('createFairQueue', () => {
  it('serves one document of a tenant after at most one of each other, however many wait', async () => {
    const queue = createFairQueue(1);
    const served: string[] = [];
    const work = (name: string) => async () => {
      await wait(0);
      served.push(name);
    };
    for (let at = 0; at < 1_000; at += 1) queue.add('greedy', work(`greedy ${at}`));
    queue.add('small', work('small'));
    expect([queue.waiting('greedy'), queue.size]).toEqual([999, 1_000]);
    await queue.onIdle();
    expect(served.indexOf('small')).toBeLessThanOrEqual(2);
    expect(served).toHaveLength(1_001);
    expect(served.filter((name) => name !== 'small')).toEqual(
      Array.from({ length: 1_000 }, (_, at) => `greedy ${at}`),
    );
  });

  it('runs everything once, no more at once than it may, and each tenant in order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 4 }),
        fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 30 }),
        async (concurrency, tenants) => {
          const queue = createFairQueue(concurrency);
          const begun: [string, number][] = [];
          let running = 0;
          let most = 0;
          for (const [at, tenantId] of tenants.entries()) {
            queue.add(tenantId, async () => {
              begun.push([tenantId, at]);
              running += 1;
              most = Math.max(most, running);
              await Promise.resolve();
              running -= 1;
            });
          }
          await queue.onIdle();
          expect(most).toBeLessThanOrEqual(concurrency);
          expect(begun).toHaveLength(tenants.length);
          for (const name of ['a', 'b', 'c']) {
            const order = begun.filter(([tenantId]) => tenantId === name).map(([, at]) => at);
            expect(order).toEqual(order.toSorted((left, right) => left - right));
          }
        },
      ),
      { numRuns: 100 },
    );
  });

  it('forgets what has not begun and ends what has', async () => {
    const queue = createFairQueue(1);
    const served: number[] = [];
    for (let at = 0; at < 5; at += 1) {
      queue.add('a', async () => {
        await wait(1);
        served.push(at);
      });
    }
    queue.clear();
    await queue.onIdle();
    expect(served).toEqual([0]);
  });
});
