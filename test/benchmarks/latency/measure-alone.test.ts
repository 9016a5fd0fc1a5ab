import { expect, test } from 'vitest';
import { measureAlone } from '../../../benchmarks/latency/run-latency-benchmark.ts';

test('measureAlone tells CPU without embedding from the process that searches, also where that is another', async () => {
  // A server that embeds a query for 9 ms of CPU where it has not been asked before, and searches for 1.
  const asked = new Set<number>();
  let cpuMicroseconds = 0;
  const search = async (request: number) => {
    cpuMicroseconds += asked.has(request) ? 1_000 : 10_000;
    asked.add(request);
  };
  const alone = await measureAlone(
    search,
    async () => {},
    1_000,
    async () => cpuMicroseconds,
  );
  expect(alone.braid).toMatchObject({ queries: 200, cpuMs: 10, embeddingCpuMs: 9 });
  expect(Math.min(...asked)).toBe(1_000);
  expect(asked.size).toBe(220);
  expect(alone.ratio.cpu! * alone.floor.cpuMs).toBeCloseTo(1, 9);
});
