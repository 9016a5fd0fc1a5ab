import { setTimeout as wait } from 'node:timers/promises';
import { build, type Histogram } from 'hdr-histogram-js';
import { createRandom } from '../statistics/seeded-random.ts';
import type { LatencySeries, RateReport } from './latency-report.ts';

/** Something that answers requests; `send` resolves when the answer is there and throws where there is none. */
export interface Target {
  readonly name: string;
  send(request: number): Promise<void>;
}

export interface LoopOptions {
  /** Requests a second, all targets together. */
  readonly rate: number;
  readonly seconds: number;
  /** A request sent later than this after its time is late. @default 10 */
  readonly lateMs?: number;
  /** How long to wait for what was sent. @default 10 */
  readonly graceSeconds?: number;
  readonly seed?: number;
}

export const defaultLateMs = 10;
const rejectedShare = 0.01;
const saturatedShare = 0.95;

/**
 * Sends requests at their times whether or not earlier ones have been answered (open loop), in turns to each target, and
 * measures from the time that a request was due, not from when it was sent: a target that stalls delays what comes after
 * it, and that delay is its own (coordinated omission; Tene, "How not to measure latency", 2015). Times are those of a
 * Poisson process, drawn from a seed.
 */
export async function runOpenLoop(targets: readonly Target[], options: LoopOptions): Promise<RateReport> {
  const { rate, seconds, lateMs = defaultLateMs, graceSeconds = 10, seed = 1 } = options;
  const random = createRandom(seed);
  const collected = targets.map(() => ({
    histogram: build({
      lowestDiscernibleValue: 1,
      highestTrackableValue: 600_000_000,
      numberOfSignificantValueDigits: 3,
    }),
    errors: 0,
    errorReasons: new Map<string, number>(),
  }));
  const running = new Set<Promise<void>>();
  const startedAt = performance.now();
  let due = startedAt;
  let sent = 0;
  let late = 0;
  let inTime = 0;
  const endsAt = startedAt + seconds * 1_000;
  for (;;) {
    due += (-Math.log(1 - random()) * 1_000) / rate;
    if (due > endsAt) break;
    const ahead = due - performance.now();
    // A timer fires up to a millisecond late; the last of it is passed in turns of the event loop.
    if (ahead > 2) await wait(ahead - 1.5);
    while (performance.now() < due) await new Promise((resolve) => setImmediate(resolve));
    if (performance.now() - due > lateMs) late += 1;
    const at = sent % targets.length;
    const held = collected[at]!;
    const intendedAt = due;
    const request: Promise<void> = targets[at]!.send(Math.floor(sent / targets.length))
      .then(() => {
        // Of answers alone: what is refused is refused quickly, and would make an overloaded target look quick.
        const now = performance.now();
        held.histogram.recordValue(Math.max(1, Math.round((now - intendedAt) * 1_000)));
        if (now <= endsAt) inTime += 1;
      })
      .catch((error: unknown) => {
        held.errors += 1;
        const reason = error instanceof Error ? error.message : String(error);
        held.errorReasons.set(reason, (held.errorReasons.get(reason) ?? 0) + 1);
      })
      .then(() => {
        running.delete(request);
      });
    running.add(request);
    sent += 1;
  }
  await Promise.race([Promise.all(running), wait(graceSeconds * 1_000, undefined, { ref: false })]);
  const unanswered = running.size;
  const errors = collected.reduce((sum, held) => sum + held.errors, 0) + unanswered;
  return {
    rate,
    seconds,
    sent,
    late,
    isRejected: late > sent * rejectedShare,
    // What is in work at the end of a short step is no backlog: as many as come in a tenth of it may be.
    isSaturated: unanswered > 0 || errors > sent * 0.01 || inTime < sent * saturatedShare - rate * 0.2,
    series: targets.map((target, at) => seriesOf(target.name, collected[at]!)),
  };
}

function seriesOf(
  name: string,
  held: { histogram: Histogram; errors: number; errorReasons: ReadonlyMap<string, number> },
): LatencySeries {
  const { histogram } = held;
  const at = (percentile: number) => histogram.getValueAtPercentile(percentile) / 1_000;
  const count = histogram.totalCount;
  const drawn = [1, 10, 25, 50, 75, 90, 95, 97.5, 99, 99.5, 99.9, 99.95, 99.99];
  return {
    name,
    count,
    errors: held.errors,
    errorReasons: Object.fromEntries(held.errorReasons),
    p50: at(50),
    p90: at(90),
    p95: at(95),
    p99: at(99),
    p999: at(99.9),
    maximum: histogram.maxValue / 1_000,
    // A percentile of fewer requests than it leaves out would be the maximum under another name.
    percentiles: drawn
      .filter((percentile) => count > 0 && ((1 - percentile / 100) * count >= 1 || percentile <= 50))
      .map((percentile) => ({ percentile, ms: at(percentile) })),
  };
}
