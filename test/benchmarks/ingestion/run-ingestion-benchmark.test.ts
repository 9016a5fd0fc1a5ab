import { expect, test } from 'vitest';
import { judgeMemory, stageSeconds } from '../../../benchmarks/ingestion/run-ingestion-benchmark.ts';

test('judgeMemory calls what stays after the first quarter flat, and what goes on growing not', () => {
  const flat = [100, 200, 300, 400, ...Array<number>(12).fill(400)];
  expect(judgeMemory(flat)).toMatchObject({ isFlat: true, peak: 400, growth: 0 });
  const growing = Array.from({ length: 40 }, (_, at) => 200 + at * 20);
  expect(judgeMemory(growing)).toMatchObject({ isFlat: false, peak: 980, growth: 400 });
});

test('stageSeconds sums what Prometheus has of each stage', () => {
  const metrics = [
    '# TYPE braid_stage_seconds histogram',
    'braid_stage_seconds_count{stage="parse"} 4',
    'braid_stage_seconds_sum{stage="parse"} 1.5',
    'braid_stage_seconds_sum{stage="parse",tenant="a"} 0.5',
    'braid_stage_seconds_sum{stage="embed"} 2e-3',
  ].join('\n');
  expect(stageSeconds(metrics)).toEqual({ parse: 2, embed: 0.002 });
});
