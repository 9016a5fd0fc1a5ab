import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { runOpenLoop } from '../../../benchmarks/latency/open-loop.ts';

describe('runOpenLoop', () => {
  test('counts the wait behind a stall as latency: one that stalls cannot hide it by taking no requests', async () => {
    // Answers at once, but for one stall of 300 ms in which everything waits.
    let stalledUntil = 0;
    let isFirst = true;
    const { series, sent } = await runOpenLoop(
      [
        {
          name: 'stalls',
          async send() {
            if (isFirst) stalledUntil = performance.now() + 300;
            isFirst = false;
            await wait(Math.max(0, stalledUntil - performance.now()));
          },
        },
      ],
      { rate: 200, seconds: 1 },
    );
    expect(sent).toBeGreaterThan(120);
    // About 60 of 200 requests were due in the stall. A closed loop would have seen one slow request, its 99th percentile.
    expect(series[0]!.p90).toBeGreaterThan(100);
  });

  test('sends on whether or not earlier requests were answered, in turns, and counts errors with their reason', async () => {
    let inWork = 0;
    let most = 0;
    const counts = [0, 0];
    const report = await runOpenLoop(
      [
        {
          name: 'slow',
          async send() {
            counts[0]! += 1;
            inWork += 1;
            most = Math.max(most, inWork);
            await wait(200);
            inWork -= 1;
          },
        },
        {
          name: 'broken',
          async send() {
            counts[1]! += 1;
            throw new Error('is down');
          },
        },
      ],
      { rate: 100, seconds: 0.6 },
    );
    expect(most).toBeGreaterThan(3);
    expect(Math.abs(counts[0]! - counts[1]!)).toBeLessThanOrEqual(1);
    expect(report.series[1]).toMatchObject({ errors: counts[1], errorReasons: { 'is down': counts[1] } });
    expect(report.series[1]).toMatchObject({ count: 0, percentiles: [] });
    expect(report.series[0]!.count).toBe(counts[0]);
    expect(report.isSaturated).toBe(true);
  });

  test('reports late sends and rejects a step that has more than 1 % of them', async () => {
    const report = await runOpenLoop(
      [
        {
          name: 'blocks',
          async send() {
            // Holds the event loop, so that the next requests leave late.
            const until = performance.now() + 30;
            while (performance.now() < until);
          },
        },
      ],
      { rate: 100, seconds: 0.5, lateMs: 10 },
    );
    expect(report.late).toBeGreaterThan(0);
    expect(report.isRejected).toBe(true);
  });
});
