import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../benchmarks/statistics/seeded-random.ts';
import { Throughput } from '../../../models/bedrock/throughput.ts';

interface Second {
  readonly served: number;
  readonly throttled: number;
}

/**
 * Runs a pace against a service of simulated time: a bucket of so many calls a second, a share of calls throttled by
 * chance, and a latency. Calls are always waiting. A client that stalls stands still once a second, for 0.05 to 0.35 s.
 */
function simulate(options: {
  readonly seconds: number;
  readonly limitAt: (second: number) => number;
  readonly noise?: number;
  readonly seed?: number;
  readonly latencyMs?: number;
  readonly maxAtOnce?: number;
  readonly demandAt?: (second: number) => number;
  /** Seconds of calls that the bucket saves up. */
  readonly saved?: number;
  readonly stalls?: boolean;
}): Second[] {
  const { seconds, limitAt, noise = 0, latencyMs = 60, maxAtOnce = 64, demandAt, saved = 0.1 } = options;
  const random = createRandom(options.seed ?? 7);
  const throughput = new Throughput(0);
  const perSecond = Array.from({ length: seconds }, () => ({ served: 0, throttled: 0 }));
  const running: { startedAt: number; endsAt: number; isServed: boolean }[] = [];
  let bucket = 1;
  let demand = 0;
  let stalledUntil = 0;
  for (let now = 0; now < seconds * 1_000; now += 1) {
    const limit = limitAt(now / 1_000);
    bucket = Math.min(Math.max(2, limit * saved), bucket + limit / 1_000);
    demand =
      demandAt === undefined ? Number.POSITIVE_INFINITY : Math.min(5, demand + demandAt(now / 1_000) / 1_000);
    if (options.stalls && now >= stalledUntil && random() < 0.001) stalledUntil = now + 50 + 300 * random();
    if (now < stalledUntil) continue;
    while (running[0] !== undefined && running[0].endsAt <= now) {
      const { startedAt, isServed } = running.shift()!;
      throughput.ended(startedAt, now, isServed ? 'served' : 'throttled');
    }
    while (demand >= 1 && running.length < maxAtOnce && throughput.waitMs(now) === 0) {
      throughput.started(now);
      demand -= 1;
      const isServed = random() >= noise && bucket >= 1;
      if (isServed) bucket -= 1;
      perSecond[Math.floor(now / 1_000)]![isServed ? 'served' : 'throttled'] += 1;
      running.push({ startedAt: now, endsAt: now + latencyMs, isServed });
    }
  }
  return perSecond;
}

function sum(seconds: readonly Second[], from: number, to: number) {
  const part = seconds.slice(from, to);
  const served = part.reduce((total, second) => total + second.served, 0);
  const throttled = part.reduce((total, second) => total + second.throttled, 0);
  return { perSecond: served / part.length, share: throttled / Math.max(1, served + throttled) };
}

describe('Throughput', () => {
  it.each([5, 20, 100, 400])('takes most of a limit of %d calls a second, few of them throttled', (limit) => {
    const { perSecond, share } = sum(simulate({ seconds: 90, limitAt: () => limit }), 30, 90);
    expect(perSecond).toBeGreaterThan(0.8 * limit);
    // Of five calls a second one alone is a fifth.
    expect(share).toBeLessThan(limit < 10 ? 0.08 : 0.05);
  });

  // Within an epoch a step shows as a mixture of both limits, each time another one.
  it.each([0, 0.2, 0.4, 0.6, 0.8, 1, 1.2, 1.4])(
    'follows a limit that steps from 100 to 20 to 100, %d s later than it might',
    (later) => {
      const limitAt = (at: number) => (at >= 60 + later && at < 120 + later ? 20 : 100);
      const seconds = simulate({ seconds: 182, limitAt });
      for (const [from, to, limit] of [
        [30, 60, 100],
        [92, 120, 20],
        [152, 182, 100],
      ] as const) {
        const { perSecond, share } = sum(seconds, from, to);
        expect(perSecond).toBeGreaterThan(0.8 * limit);
        expect(share).toBeLessThan(0.05);
      }
    },
  );

  it.each([1, 2, 3, 4, 5])(
    'has few calls throttled at any step, by a service that saves calls up for a client that stalls, seed %i',
    (seed) => {
      const limitAt = (at: number) => (at >= 60 && at < 120 ? 20 : 100);
      const seconds = simulate({ seconds: 180, limitAt, latencyMs: 80, saved: 1, stalls: true, seed });
      for (const from of [0, 60, 120]) {
        expect(sum(seconds, from + 30, from + 60).share).toBeLessThan(0.05);
        expect(sum(seconds, from, from + 60).share).toBeLessThan(0.08);
      }
    },
  );

  it.each([0.05, 0.1])(
    'does not slow down to a crawl where a share of %d is throttled by chance',
    (noise) => {
      const { perSecond } = sum(simulate({ seconds: 60, limitAt: () => 100, noise }), 10, 60);
      expect(perSecond).toBeGreaterThan(60);
    },
  );

  it.each([1, 2, 3, 4, 5])(
    'keeps most of the limit where 30 percent of calls are throttled whatever the pace, seed %i',
    (seed) => {
      const { perSecond } = sum(simulate({ seconds: 60, limitAt: () => 100, noise: 0.3, seed }), 10, 60);
      expect(perSecond).toBeGreaterThan(80);
    },
  );

  it('is not held back where nothing is throttled', () => {
    const throughput = new Throughput(0);
    expect(throughput.waitMs(0)).toBe(0);
    const seconds = simulate({ seconds: 10, limitAt: () => 10_000, latencyMs: 20 });
    expect(sum(seconds, 8, 10).perSecond).toBeGreaterThan(2_500);
  });

  it('does not run up a pace that nobody uses', () => {
    const seconds = simulate({
      seconds: 100,
      limitAt: (at) => (at < 30 ? 50 : 50),
      demandAt: (at) => (at < 30 || at > 60 ? 1_000 : 5),
    });
    const { share } = sum(seconds, 62, 90);
    expect(share).toBeLessThan(0.05);
  });
});
